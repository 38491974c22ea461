package app.keepsake.android

import android.os.ParcelFileDescriptor
import app.keepsake.Libc
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowParcelFileDescriptor

/**
 * Robolectric's descriptors are real ones, only giving them up is missing: on Android that goes through a
 * method that the JVM's `FileDescriptor` does not have.
 */
@Implements(ParcelFileDescriptor::class)
class DetachableDescriptor : ShadowParcelFileDescriptor() {
    @Implementation
    fun detachFd(): Int {
        // The JVM's own owner of the number closes it, and it must not be ours that is closed.
        val ours = Libc.dup(getFd())
        close()
        return ours
    }
}
