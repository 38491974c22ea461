package app.keepsake

import app.keepsake.core.Engine
import app.keepsake.core.Event
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector

/**
 * The core's stream of events. They are pulled one at a time, so that the core can go on joining what
 * nobody has looked at yet.
 *
 * An event is taken only when it is given to a collector in the same breath: waiting, which a cancellation
 * may cut short at any moment, takes nothing. That is why this is not built with `flow {}`, whose `emit`
 * looks for a cancellation after the event was taken and before it is given.
 */
internal class EventFlow(private val engine: Engine) : Flow<Event> {
    override suspend fun collect(collector: FlowCollector<Event>) {
        while (engine.eventWaits()) {
            // Somebody else who collects may have been faster.
            engine.waitingEvent()?.let { collector.emit(it) }
        }
    }
}
