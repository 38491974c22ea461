package app.keepsake

import app.keepsake.core.Fact
import app.keepsake.core.LogLine
import app.keepsake.core.PortException
import app.keepsake.core.Position
import app.keepsake.core.Severity
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** What is asked of a backup reaches the core as it is, and the answer comes back as it is. */
class CallsTest {
    @get:Rule val phone = Phone()

    private val engine = FakeEngine()
    private val keepsake by lazy { Keepsake.over(Ports(FakeLibrary(phone.photos))) { engine } }

    @Test
    fun `each call of a backup is one of the core's, with all that came with it`() = runBlocking {
        val facts = listOf(Fact.LibraryChanged, Fact.SpaceChanged)
        val settings = phone.settings.copy(onlyCharging = true)
        keepsake.start()
        keepsake.pause()
        keepsake.resume()
        keepsake.tell(facts)
        keepsake.tell(Fact.SignedIn, Fact.LibraryChanged)
        keepsake.changeSettings(settings)
        keepsake.freeUp()
        keepsake.freeUp(7uL)
        assertEquals(3uL, keepsake.retry())
        assertEquals(3uL, keepsake.retry(listOf(1, 2)))
        assertEquals(4uL, keepsake.forget(listOf(5)))
        assertEquals(FakeEngine.VERIFIED, keepsake.verify())
        keepsake.verify(deep = true)
        assertEquals(Position(9, 9), keepsake.page().next)
        keepsake.page(Position(1, 2), most = 3)
        keepsake.library(pageSize = 4).toList()
        assertEquals("its disk is not there", keepsake.vaultAway)
        keepsake.close()
        val expected = listOf(
            listOf("start"),
            listOf("pause"),
            listOf("resume"),
            listOf("tell", facts),
            listOf("tell", listOf(Fact.SignedIn, Fact.LibraryChanged)),
            listOf("changeSettings", settings),
            listOf("freeUp", null),
            listOf("freeUp", 7uL),
            listOf("retry", null),
            listOf("retry", listOf(1L, 2L)),
            listOf("forget", listOf(5L)),
            listOf("verify", false),
            listOf("verify", true),
            listOf("library", null, 200u),
            listOf("library", Position(1, 2), 3u),
            listOf("library", null, 4u),
            listOf("library", Position(9, 9), 4u),
            listOf("stop"),
        )
        assertEquals(expected, engine.asked)
    }

    @Test
    fun `what waits for a disk or a vault does not hold up who asks`() = runBlocking {
        keepsake.retry()
        keepsake.forget(listOf(1))
        keepsake.verify()
        keepsake.page()
        keepsake.stop()
        assertEquals(5, engine.asked.size)
        assertTrue("${engine.threads}", Thread.currentThread() !in engine.threads)
    }

    @Test
    fun `a coroutine that is cancelled can still stop its backup`() = runBlocking {
        launch {
            coroutineContext[Job]!!.cancel()
            keepsake.stop()
        }.join()
        assertEquals(listOf(listOf("stop")), engine.asked)
    }

    @Test
    fun `what was opened for somebody who has gone meanwhile is closed, and given to nobody`() = runBlocking {
        var given: Keepsake? = null
        launch {
            given = Keepsake.opened {
                this@launch.cancel()
                keepsake
            }
        }.join()
        assertNull(given)
        assertEquals(listOf(listOf("stop")), engine.asked)
    }

    @Test
    fun `a line is logged as it is, and what a log throws is told, errors too`() {
        val lines = mutableListOf<Pair<Severity, String>>()
        val log = GuardedLog { severity, text -> lines += severity to text }
        Severity.entries.forEach { log.write(LogLine(it, "as grave as $it")) }
        assertEquals(Severity.entries.map { it to "as grave as $it" }, lines)
        for (thrown in listOf(IllegalStateException("oh"), NotImplementedError("oh"))) {
            val told = assertThrows(PortException.Unexpected::class.java) {
                GuardedLog { _, _ -> throw thrown }.write(LogLine(Severity.INFO, ""))
            }
            assertTrue(told.detail, "oh" in told.detail)
        }
    }
}
