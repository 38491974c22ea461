package app.keepsake.border

import app.keepsake.Phone
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.startAtEase
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import java.lang.management.ManagementFactory
import java.util.concurrent.Semaphore
import java.util.concurrent.TimeUnit.SECONDS
import java.util.concurrent.atomic.AtomicLong
import javax.management.ObjectName
import kotlin.time.Duration.Companion.seconds

/**
 * A backup that runs for months says a great many things. What is alive on either side of the border, as
 * its events go by, is counted at the beginning and at the end: it does not grow. What JNA makes for each
 * call is let go of by a thread of its own, some time later; that it does is shown by this JVM's memory, of
 * which there is little (pom.xml): a hundred thousand events make a multiple of it.
 */
class LiveObjectsTest {
    @get:Rule val phone = Phone()

    private val events = AtomicLong()
    private val missed = AtomicLong()
    private val scans = Semaphore(0)

    @Test
    fun `events leave nothing behind, however many`() {
        val keepsake = phone.inVirtualTime(ManyPhotos(0, phone.photos))
        keepsake.startAtEase()
        val collecting = CoroutineScope(Dispatchers.Default)
        collecting.launch {
            keepsake.events.collect {
                events.incrementAndGet()
                if (it is Event.Missed) missed.incrementAndGet()
                if (it is Event.ScanFinished) scans.release()
            }
        }
        // Every lock and every unlock is an event, and all have been collected when the scan has ended.
        val facts = List(LOCKS) { Fact.Locked(it % 2 == 0) } + Fact.LibraryChanged
        fun until(count: Long) {
            while (events.get() < count) {
                keepsake.tell(facts)
                phone.pass(1.seconds)
                assertTrue("the collector is stuck", scans.tryAcquire(60, SECONDS))
            }
        }
        until(EARLY)
        val (before, few) = Crossings.now() to liveObjects()
        until(EVENTS)
        val (crossed, many) = Crossings.now() - before to liveObjects()
        collecting.cancel()
        assertEquals(0, missed.get())
        assertTrue("$few objects after $EARLY events, $many after $EVENTS", many <= few + SLACK)
        assertTrue("${crossed.liveBuffers} buffers", crossed.liveBuffers <= SLACK)
        // Every handle made for a call was used up by one, every future freed; a few are under way.
        val handles = crossed.of("_fn_clone_engine") - crossed.of("_fn_method_engine")
        val futures = crossed.of("event_waits", "next_event") - crossed.of("rust_future_free")
        val ports = crossed.of("_uniffiClone") - crossed.of("_uniffiFree")
        val scans = crossed.of("callback_PhotoLibrary_scan") - crossed.of("_fn_free_scanpages")
        for (live in listOf(handles, futures, ports, scans)) assertTrue("$crossed", live in -SLACK..SLACK)
    }

    /** Instances that are alive, of classes of ours and of the bindings' and of coroutines. */
    private fun liveObjects(): Long {
        val command = ObjectName("com.sun.management:type=DiagnosticCommand")
        val parameters = arrayOf<Any>(emptyArray<String>())
        val types = arrayOf(Array<String>::class.java.name)
        // A line for each class: its place, instances, bytes and name. Garbage is collected first.
        val listing = ManagementFactory.getPlatformMBeanServer()
            .invoke(command, "gcClassHistogram", parameters, types) as String
        val rows = listing.lines().map { it.trim().split(Regex("\\s+")) }.filter { it.size >= 4 }
        return rows.filter { row -> OURS.any { row[3].startsWith(it) } }.sumOf { it[1].toLong() }
    }

    private companion object {
        const val LOCKS = 400
        const val EARLY = 10_000L
        val EVENTS = System.getProperty("keepsake.events").toLong()
        const val SLACK = 20L
        val OURS = listOf("app.keepsake.", "kotlinx.coroutines.")
    }
}
