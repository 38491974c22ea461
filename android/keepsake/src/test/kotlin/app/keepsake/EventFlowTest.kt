package app.keepsake

import app.keepsake.core.Activity
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.core.Original
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import java.util.Collections
import java.util.concurrent.CountDownLatch
import kotlin.random.Random
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class EventFlowTest {
    @get:Rule val phone = Phone()

    @Test
    fun `the events end when the backup stops, and the last ones are not lost`() = runBlocking {
        val never = CountDownLatch(1)
        val busy = object : FakeLibrary(phone.photos) {
            override fun open(original: Original) = super.open(original).also { never.await() }
        }
        busy.shoot(1)
        val keepsake = phone.open(busy)
        val events = async(Dispatchers.Default) { withTimeout(30.seconds) { keepsake.events.toList() } }
        keepsake.startAtEase()
        delay(200)
        keepsake.close()
        never.countDown()
        val last = events.await().last { it is Event.StatusChanged } as Event.StatusChanged
        assertEquals(Activity.Stopped, last.status.activity)
    }

    @Test
    fun `what happened before anybody looked is still there after the end`() = runBlocking {
        val library = FakeLibrary(phone.photos)
        library.shoot(1)
        val keepsake = phone.inVirtualTime(library)
        keepsake.startAtEase()
        phone.pass(1.minutes)
        keepsake.close()
        val events = withTimeout(30.seconds) { keepsake.events.toList() }
        assertTrue("$events", Event.ScanFinished(complete = true, changed = 1uL) in events)
        assertEquals(emptyList<Event>(), keepsake.events.toList())
    }

    @Test
    fun `who takes one event leaves the others`() = runBlocking {
        val expected = aDay(phone).run { close(); events.toList() }
        val again = Phone().also { it.start() }
        try {
            val keepsake = aDay(again)
            val one = keepsake.events.first()
            val two = keepsake.events.take(2).toList()
            keepsake.close()
            assertEquals(expected, listOf(one) + two + keepsake.events.toList())
        } finally {
            again.end()
        }
    }

    /** Between the taking of an event and the giving: there `flow {}` looks for a cancellation, and loses it. */
    @Test
    fun `an event that is taken when its collector is cancelled is given to it all the same`() = runBlocking {
        lateinit var collector: Job
        val engine = object : FakeEngine() {
            override fun waitingEvent() = super.waitingEvent().also { collector.cancel() }
        }
        engine.events += listOf(Event.ScanStarted, Event.Scanned(1uL))
        val keepsake = Keepsake.over(Ports(FakeLibrary(phone.photos))) { engine }
        val seen = mutableListOf<Event>()
        collector = launch { keepsake.events.collect { seen += it; yield() } }
        collector.join()
        assertEquals(listOf<Event>(Event.ScanStarted), seen)
        assertEquals(listOf<Event>(Event.Scanned(1uL)), engine.events.toList())
    }

    @Test
    fun `an event that somebody else took meanwhile is waited for again`() = runBlocking {
        val engine = object : FakeEngine() {
            private var taken = false
            override fun waitingEvent() = if (taken) super.waitingEvent() else null.also { taken = true }
        }
        engine.events += Event.ScanStarted
        engine.ended.complete(Unit)
        val keepsake = Keepsake.over(Ports(FakeLibrary(phone.photos))) { engine }
        assertEquals(listOf<Event>(Event.ScanStarted), keepsake.events.toList())
    }

    /** A cancellation falls where it falls: many rounds, so that it falls everywhere. */
    @Test
    fun `a collector that is cancelled takes no event with it`() = runBlocking {
        val random = Random(1)
        repeat(ROUNDS) { round ->
            val keepsake = phone.inVirtualTime(FakeLibrary(phone.photos))
            val seen = Collections.synchronizedList(mutableListOf<Event>())
            val cancelling = CoroutineScope(Dispatchers.Default).launch {
                while (true) {
                    val collector = launch { keepsake.events.collect { seen += it } }
                    delay(random.nextLong(2))
                    collector.cancelAndJoin()
                }
            }
            keepsake.startAtEase()
            // Each is an event that is never joined with another one.
            repeat(SCANS) {
                keepsake.tell(Fact.LibraryChanged)
                phone.pass(1.seconds)
            }
            keepsake.close()
            cancelling.cancelAndJoin()
            seen += keepsake.events.toList()
            val scans = seen.count { it is Event.ScanFinished }
            val started = seen.count { it is Event.ScanStarted }
            assertEquals("round $round: $seen", started to started, started to scans)
            assertTrue("only $scans scans", scans >= SCANS)
        }
    }

    @Test
    fun `of two who collect each gets a part, and both come to the end`() = runBlocking {
        val expected = aDay(phone).run { close(); events.toList() }
        val again = Phone().also { it.start() }
        try {
            val keepsake = aDay(again).apply { close() }
            val parts = List(2) { async(Dispatchers.Default) { keepsake.events.toList() } }
            val all = withTimeout(30.seconds) { parts.flatMap { it.await() } }
            assertEquals(expected.map { "$it" }.sorted(), all.map { "$it" }.sorted())
        } finally {
            again.end()
        }
    }

    /** The same day each time: its events are the same. */
    private fun aDay(phone: Phone): Keepsake {
        val library = FakeLibrary(phone.photos)
        library.shoot(5).forEach { it.setLastModified(FakeLibrary.SHOT) }
        return phone.inVirtualTime(library).apply {
            startAtEase()
            phone.pass(1.minutes)
        }
    }

    private companion object {
        const val ROUNDS = 20
        const val SCANS = 40
    }
}
