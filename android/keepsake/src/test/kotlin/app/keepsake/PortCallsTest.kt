package app.keepsake

import app.keepsake.core.Asset
import app.keepsake.core.Original
import app.keepsake.core.PortException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit.MILLISECONDS
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeSource

class PortCallsTest {
    private object Empty : PhotoLibrary {
        override fun scan(page: (List<Asset>) -> Unit) = ScanEnd()
        override fun open(original: Original): Descriptor = throw PortException.Deleted()
        override fun version(original: Original) = 0uL
    }

    /** They are told behind the answers. */
    private val mistakes = LinkedBlockingQueue<Throwable>()
    private val calls = PortCalls(Ports(Empty, onMistake = { mistakes += it }), 1.minutes)

    /** On the core's own thread that could call us back inside the call, see [PortCalls]. */
    @Test
    fun `what a port answers into is let go of on another thread than the core's, also after a mistake`() {
        for (fails in listOf(false, true)) {
            val threads = mutableListOf<Thread>()
            val into = AutoCloseable { threads += Thread.currentThread() }
            val call = runCatching { calls.longer(into) { threads += Thread.currentThread(); check(!fails) } }
            assertEquals(fails, call.isFailure)
            assertEquals(2, threads.size)
            threads.forEach { assertNotEquals(Thread.currentThread(), it) }
        }
    }

    @Test
    fun `a refusal reaches the core as it is, and a mistake as what was thrown`() {
        assertThrows(PortException.Deleted::class.java) { calls.soon { throw PortException.Deleted() } }
        assertEquals(0, mistakes.size)
        val unexpected = assertThrows(PortException.Unexpected::class.java) { calls.soon { error("oh") } }
        assertTrue(unexpected.detail, "oh" in unexpected.detail)
        assertEquals("oh", mistakes.poll(10, SECONDS)?.message)
    }

    @Test
    fun `whoever is told of a mistake and throws ends nothing by that`() {
        val loud = PortCalls(Ports(Empty, onMistake = { mistakes += it; error("this too") }), 1.minutes)
        val uncaught = LinkedBlockingQueue<Throwable>()
        val before = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler { _, thrown -> uncaught += thrown }
        try {
            assertThrows(PortException.Unexpected::class.java) { loud.soon { error("oh") } }
            assertEquals("oh", mistakes.poll(10, SECONDS)?.message)
            // On Android it would end the app.
            assertNull(uncaught.poll(100, MILLISECONDS))
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before)
        }
    }

    @Test
    fun `a call that is not answered in time is given up, and its late answer is let go of`() {
        val goesOn = CountDownLatch(1)
        val late = LinkedBlockingQueue<Int>()
        val impatient = PortCalls(Ports(Empty), 20.milliseconds)
        val inTime = calls.soon<Int>(tooLate = { late.add(it) }) { 3 }
        assertEquals(3, inTime)
        val begun = TimeSource.Monotonic.markNow()
        assertThrows(PortException.SourceUnavailable::class.java) {
            impatient.soon<Int>(tooLate = { late.add(it) }) {
                goesOn.await()
                4
            }
        }
        assertTrue(begun.elapsedNow() >= 20.milliseconds)
        goesOn.countDown()
        assertEquals(4, late.poll(10, SECONDS))
        assertEquals(0, late.size)
    }

    @Test
    fun `ports run on threads that keep no program alive`() {
        calls.soon { assertTrue(Thread.currentThread().isDaemon) }
    }

    @Test
    fun `who waits for an answer when all ends is told, and what a port throws then is nobody's mistake`() {
        val asked = CountDownLatch(1)
        val goesOn = CountDownLatch(1)
        val over = CountDownLatch(1)
        thread {
            asked.await()
            calls.stop()
        }
        assertThrows(PortException.Stopped::class.java) {
            calls.soon {
                asked.countDown()
                goesOn.await()
                over.countDown()
                error("the service is gone")
            }
        }
        goesOn.countDown()
        assertTrue(over.await(10, SECONDS))
        assertNull(mistakes.poll(100, MILLISECONDS))
    }

    @Test
    fun `after the end no port is asked, and one that goes on is told`() {
        calls.stop()
        assertThrows(PortException.Stopped::class.java) { calls.soon { throw AssertionError("it was asked") } }
        assertThrows(PortException.Stopped::class.java) { calls.ensureAwaited() }
    }
}
