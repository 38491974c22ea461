package app.keepsake.android

import android.content.Context

/** A service of the system's that every phone has. */
internal inline fun <reified T : Any> Context.service(): T = checkNotNull(getSystemService(T::class.java)) {
    "this system has no ${T::class.java.simpleName}"
}
