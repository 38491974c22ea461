package app.keepsake

import app.keepsake.core.Engine
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.core.NoHandle
import app.keepsake.core.Page
import app.keepsake.core.Position
import app.keepsake.core.Progress
import app.keepsake.core.Settings
import app.keepsake.core.Verified
import kotlinx.coroutines.CompletableDeferred

/** A core that notes what it is asked and answers what a test wants: there is none behind it. */
internal open class FakeEngine : Engine(NoHandle) {
    /** What it was asked, in order, with everything that came with it. */
    val asked = mutableListOf<List<Any?>>()

    /** The threads that it was asked on. */
    val threads = mutableSetOf<Thread>()
    val events = ArrayDeque<Event>()
    val ended = CompletableDeferred<Unit>()

    private fun <T> note(vararg words: Any?, answer: T): T {
        asked += words.asList()
        threads += Thread.currentThread()
        return answer
    }

    override fun start() = note("start", answer = Unit)
    override fun stop() = note("stop", answer = Unit)
    override fun pause() = note("pause", answer = Unit)
    override fun resume() = note("resume", answer = Unit)
    override fun tell(facts: List<Fact>) = note("tell", facts, answer = Unit)
    override fun changeSettings(settings: Settings) = note("changeSettings", settings, answer = Unit)
    override fun freeUp(wanted: ULong?) = note("freeUp", wanted, answer = Unit)
    override fun retry(resources: List<Long>?) = note("retry", resources, answer = 3uL)
    override fun forget(resources: List<Long>) = note("forget", resources, answer = 4uL)
    override fun vaultAway() = "its disk is not there"
    override fun verify(deep: Boolean, progress: Progress) = note("verify", deep, answer = VERIFIED)

    /** Two pages, of nothing. */
    override fun library(below: Position?, most: UInt) =
        note("library", below, most, answer = Page(emptyList(), if (below == null) Position(9, 9) else null))

    override suspend fun eventWaits(): Boolean {
        if (events.isEmpty()) ended.await()
        return events.isNotEmpty()
    }

    override fun waitingEvent(): Event? = events.removeFirstOrNull()

    companion object {
        val VERIFIED = Verified(
            good = 1uL, bytes = 2uL, missing = emptyList(), elsewhere = emptyList(), damaged = listOf("a"),
            altered = emptyList(), replaced = emptyList(), unreadable = emptyList(), unrecorded = 0uL,
            loose = emptyList(), unseen = emptyList(), segments = emptyList(), closed = emptyList(), stopped = false,
        )
    }
}
