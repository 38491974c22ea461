package app.keepsake

import app.keepsake.core.Asset
import app.keepsake.core.Fact
import app.keepsake.core.Original
import app.keepsake.core.Severity
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

class LogTest {
    @get:Rule val phone = Phone()

    private val lines = LinkedBlockingQueue<Pair<Severity, String>>()

    @After
    fun silence() = Keepsake.logTo(null)

    /** All lines up to the one that begins so. */
    private fun until(beginning: String) = buildList {
        do {
            val line = lines.poll(20, SECONDS) ?: throw AssertionError("no line says: $beginning, only $this")
            add(line.second)
        } while (!line.second.startsWith(beginning))
    }

    /** With an album, and with names that say more than numbers do. */
    private inner class Telling : FakeLibrary(phone.photos) {
        var throws = false

        override fun scan(page: (List<Asset>) -> Unit) =
            super.scan { some -> page(some.map { it.copy(albums = listOf("Hochzeit Anna am Tegernsee")) }) }

        override fun open(original: Original): Descriptor {
            if (throws) error("cannot read /storage/Anna/${original.id}, token eyJhbGciOi")
            return super.open(original)
        }
    }

    @Test
    fun `a story is logged without any of its names`() = runBlocking {
        Keepsake.logTo { severity, text -> lines += severity to text }
        val library = Telling()
        library.shoot(3)
        library.throws = true
        val keepsake = phone.inVirtualTime(library)
        keepsake.startAtEase()
        phone.pass(1.hours)
        library.throws = false
        keepsake.retry()
        phone.pass(1.hours)
        assertEquals(3, phone.stored().size)
        keepsake.tell(Fact.Locked(true))
        phone.pass(1.minutes)
        keepsake.close()
        Keepsake.restore(phone.vaultPlace, phone.vault.resolveSibling("Anna zurück"))
        val story = until("a restore ended written=3")
        for (told in listOf(
            "a run began run=1", "a scan ended complete=true changed=3", "a port of the host failed port=open resource=1",
            "an item was given up on resource=1 fault=HostFault", "the activity changed activity=Done",
            "the holds changed holds=DeviceLocked", "the run ended",
        )) {
            assertTrue("$told: $story", story.any { it.startsWith(told) })
        }
        val telling = listOf("IMG_", "JPG", "Anna", "Hochzeit", "Tegernsee", "eyJhbGciOi", "/storage", phone.vault.parentFile.name)
        for (line in story) {
            assertEquals(line, emptyList<String>(), telling.filter { it in line })
        }
    }

    @Test
    fun `a log that hangs or throws holds up nothing, and is told what it missed`() {
        val goesOn = CountDownLatch(1)
        Keepsake.logTo { severity, text ->
            goesOn.await()
            if (text.startsWith("a run began")) throw AssertionError("no more room for logs")
            lines += severity to text
        }
        val library = FakeLibrary(phone.photos)
        library.shoot(2)
        phone.inVirtualTime(library).run { startAtEase(); phone.pass(1.minutes); close() }
        assertEquals(2, phone.stored().size)
        goesOn.countDown()
        assertTrue("lines that could not be written lines=1" in until("the run ended"))
    }
}
