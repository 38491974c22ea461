package app.keepsake

import app.keepsake.core.Asset
import app.keepsake.core.Original
import app.keepsake.core.PortException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.time.Duration.Companion.minutes

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
    fun `after the end no port is asked, and one that goes on is told`() {
        calls.stop()
        assertThrows(PortException.Stopped::class.java) { calls.soon { throw AssertionError("it was asked") } }
        assertThrows(PortException.Stopped::class.java) { calls.ensureAwaited() }
    }
}
