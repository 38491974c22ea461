package app.keepsake

import app.keepsake.core.Progress
import app.keepsake.core.Reached
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.milliseconds

/**
 * Makes a call of the core that may take hours, and tells [progress] how far it is, in the context of the
 * caller. Cancelled, it has the call end early and waits for that: nothing goes on behind the caller's back.
 */
internal suspend fun <T> longCall(progress: (Reached) -> Unit, call: (Progress) -> T): T =
    Progress().use { watched ->
        coroutineScope {
            val telling = launch {
                while (true) {
                    delay(LOOK)
                    progress(watched.reached())
                }
            }
            val answer = async(Dispatchers.IO) { call(watched) }
            try {
                answer.await()
            } catch (cancelled: CancellationException) {
                watched.stop()
                throw cancelled
            } finally {
                telling.cancel()
            }
        }.also { progress(watched.reached()) }
    }

/** How often it is looked how far a call is. */
private val LOOK = 250.milliseconds
