package app.keepsake.android

import android.util.Log
import app.keepsake.core.Severity
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35])
class AndroidLogTest {
    @Test
    fun `a line is in logcat under one tag, as grave as it is`() {
        Severity.entries.forEach { AndroidLog.write(it, "as grave as $it") }
        val written = ShadowLog.getLogsForTag("keepsake").map { it.type to it.msg }
        val expected = listOf(
            Log.ERROR to "as grave as ERROR", Log.WARN to "as grave as WARNING", Log.INFO to "as grave as INFO",
        )
        assertEquals(expected, written)
    }
}
