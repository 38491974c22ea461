package app.keepsake.android

import android.Manifest.permission.ACCESS_MEDIA_LOCATION
import android.Manifest.permission.READ_MEDIA_IMAGES
import android.Manifest.permission.READ_MEDIA_VIDEO
import android.Manifest.permission.READ_MEDIA_VISUAL_USER_SELECTED
import android.app.Application
import app.keepsake.core.Fact
import app.keepsake.core.Permission
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35])
class MediaAccessTest {
    private val app: Application get() = RuntimeEnvironment.getApplication()
    private val every =
        listOf(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, READ_MEDIA_VISUAL_USER_SELECTED, ACCESS_MEDIA_LOCATION)

    private fun with(vararg granted: String): Permission {
        shadowOf(app).denyPermissions(*every.toTypedArray())
        shadowOf(app).grantPermissions(*granted)
        assertEquals(Fact.LibraryAccess(app.mediaAccess()), Device(app).access())
        return app.mediaAccess()
    }

    @Test
    fun `the user is asked for all that there is`() = assertEquals(every, mediaPermissions)

    @Test
    fun `photos and videos are all, one of them or a choice is a part, and nothing goes without places`() {
        assertEquals(Permission.FULL, with(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, ACCESS_MEDIA_LOCATION))
        assertEquals(Permission.LIMITED, with(READ_MEDIA_IMAGES, ACCESS_MEDIA_LOCATION))
        assertEquals(Permission.LIMITED, with(READ_MEDIA_VIDEO, ACCESS_MEDIA_LOCATION))
        assertEquals(Permission.LIMITED, with(READ_MEDIA_VISUAL_USER_SELECTED, ACCESS_MEDIA_LOCATION))
        assertEquals(Permission.DENIED, with(ACCESS_MEDIA_LOCATION))
        assertEquals(Permission.DENIED, with(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO))
        assertEquals(Permission.DENIED, with())
    }
}
