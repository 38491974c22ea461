package app.keepsake.scenarios

import app.keepsake.Keepsake
import app.keepsake.core.Engine
import app.keepsake.core.Event
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.coroutines.CoroutineContext

/** The app, while it runs: it collects events as any does, and gets its turn only when it is looked at. */
internal class Program(val keepsake: Keepsake, private val engine: Engine) {
    private val turns = ConcurrentLinkedQueue<Runnable>()
    private val seen = mutableListOf<Event>()
    private val scope = CoroutineScope(
        object : CoroutineDispatcher() {
            override fun dispatch(context: CoroutineContext, block: Runnable) {
                turns += block
            }
        },
    )

    init {
        scope.launch { keepsake.events.collect { seen += it } }
    }

    /** All events that wait. */
    fun pull(): List<Event> {
        getsItsTurn()
        return seen.toList().also { seen.clear() }
    }

    /** It is gone, or has been stopped. */
    fun ends() {
        scope.cancel()
        getsItsTurn()
        keepsake.close()
        // A program that ends lets go of its catalog at once, not when the garbage collector comes by.
        engine.close()
    }

    private fun getsItsTurn() = generateSequence(turns::poll).forEach(Runnable::run)
}
