package app.keepsake.android

import app.keepsake.Log
import app.keepsake.core.Severity
import android.util.Log as Logcat

/** Logcat, under the tag `keepsake`: `Keepsake.logTo(AndroidLog)`. */
object AndroidLog : Log {
    override fun write(severity: Severity, text: String) {
        val priority = when (severity) {
            Severity.ERROR -> Logcat.ERROR
            Severity.WARNING -> Logcat.WARN
            Severity.INFO -> Logcat.INFO
        }
        Logcat.println(priority, TAG, text)
    }

    private const val TAG = "keepsake"
}
