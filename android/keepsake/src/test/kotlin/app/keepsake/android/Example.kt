package app.keepsake.android

import android.content.Context
import app.keepsake.Keepsake
import app.keepsake.Ports
import app.keepsake.core.Event
import app.keepsake.core.VaultPlace
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.io.File

/** What `android/README.md` shows; `ExampleTest` runs it, and compares the two. */
class Example(private val show: (String) -> Unit) {
    // example
    suspend fun backUp(context: Context, vault: File) = coroutineScope {
        val ports = Ports(MediaStoreLibrary(context), storage = DeviceStorage(context))
        val state = context.filesDir.resolve("keepsake")
        Keepsake.open(state, VaultPlace.Folder(vault.path, reserve = null), ports).use { keepsake ->
            val following = launch { keepsake.follow(Device(context)) }
            keepsake.events.collect { event ->
                when (event) {
                    is Event.StatusChanged -> with(event.status) {
                        show("${safe.items} of ${total.items} are safe: $activity, held by $holds")
                    }
                    is Event.Quarantined -> show("given up on ${event.resource}: ${event.fault}")
                    else -> {}
                }
            }
            following.cancel()
        }
    }
    // end
}
