package app.keepsake

import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Deletion
import app.keepsake.core.Header
import app.keepsake.core.HostPorts
import app.keepsake.core.NoHandle
import app.keepsake.core.Original
import app.keepsake.core.PortException
import app.keepsake.core.PourInto
import app.keepsake.core.Role
import app.keepsake.core.ScanPages
import app.keepsake.core.Space
import app.keepsake.core.Storage
import app.keepsake.core.Transfer
import app.keepsake.core.Transfers
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** The ports as the core calls them: what it asks for arrives as it is, and so does what is answered. */
class GuardedPortsTest {
    private val asked = mutableListOf<List<Any?>>()

    private open inner class Library : PhotoLibrary {
        override fun scan(page: (List<Asset>) -> Unit) = ScanEnd()
        override fun open(original: Original): Descriptor = Handed(7)
        override fun version(original: Original): ULong = 11uL.also { asked += listOf("version", original) }
    }

    private open class Handed(private val number: Int) : Descriptor {
        override fun detach() = number
        override fun close() {}
    }

    private val transfers = object : Transfers {
        override fun handOver(transfer: Transfer) { asked += listOf("handOver", transfer) }
        override fun cancel(resource: Long) { asked += listOf("cancel", resource) }
    }

    private val storage = object : Storage {
        override fun space() = Space(available = 5uL, total = 6uL)
    }

    private val calls = mutableListOf<PortCalls>()

    private fun guarded(ports: Ports): HostPorts = PortCalls(ports, 1.minutes).also { calls += it }.guarded(ports)

    private fun library(library: PhotoLibrary) = guarded(Ports(library)).library

    /** Where the pages of a scan go, and how it ended. */
    private class Pages : ScanPages(NoHandle) {
        val pages = mutableListOf<List<Asset>>()
        var end: Pair<Boolean, List<String>>? = null
        override fun page(assets: List<Asset>) { pages += assets }
        override fun finished(limited: Boolean, hidden: List<String>) { end = limited to hidden }
        override fun close() {}
    }

    private class Into : PourInto(NoHandle) {
        var finished = 0
        override fun finished() { finished++ }
        override fun close() {}
    }

    @Test
    fun `a walk gives every page, and how it ended`() {
        for (end in listOf(ScanEnd(), ScanEnd(limited = true), ScanEnd(hidden = listOf("card/")))) {
            val pages = Pages()
            val library = object : Library() {
                override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
                    page(emptyList())
                    page(emptyList())
                    return end
                }
            }
            library(library).scan(pages)
            assertEquals(2, pages.pages.size)
            assertEquals(end.limited to end.hidden, pages.end)
        }
        assertEquals(ScanEnd(limited = false, hidden = emptyList()), ScanEnd())
    }

    /** What it did not show any more would be taken for deleted. */
    @Test
    fun `a walk that goes on after the end stores nothing more, and has not seen everything`() {
        val pages = Pages()
        var refused = 0
        val over = CountDownLatch(1)
        val library = object : Library() {
            override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
                calls.forEach { it.stop() }
                runCatching { page(emptyList()) }.onFailure { if (it is PortException.Stopped) refused++ }
                over.countDown()
                return ScanEnd()
            }
        }
        assertThrows(PortException.Stopped::class.java) { library(library).scan(pages) }
        over.await()
        Thread.sleep(50)
        assertEquals(1, refused)
        assertEquals(emptyList<Any>(), pages.pages)
        assertNull(pages.end)
    }

    @Test
    fun `an original is asked for as the core knows it`() {
        val library = library(Library())
        assertEquals(7, library.open(ORIGINAL))
        assertEquals(11uL, library.version(ORIGINAL))
        assertEquals(listOf(listOf("version", ORIGINAL)), asked)
    }

    @Test
    fun `a descriptor is given up where it may hang and throw`() {
        val threads = mutableListOf<Thread>()
        val hands = object : Library() {
            override fun open(original: Original) = object : Handed(7) {
                override fun detach() = super.detach().also { threads += Thread.currentThread() }
            }
        }
        library(hands).open(ORIGINAL)
        assertTrue("$threads", threads.single() != Thread.currentThread())
        val throws = object : Library() {
            override fun open(original: Original) = object : Handed(7) {
                override fun detach(): Int = TODO("not written yet")
            }
        }
        assertThrows(PortException.Unexpected::class.java) { library(throws).open(ORIGINAL) }
    }

    /** It would stay open for ever: the core never heard of it, and the library has let go of it. */
    @Test
    fun `a descriptor that is being given up when all ends still reaches the core`() {
        val library = object : Library() {
            override fun open(original: Original) = object : Handed(7) {
                override fun detach() = super.detach().also { calls.forEach { it.stop() } }
            }
        }
        assertEquals(7, library(library).open(ORIGINAL))
    }

    @Test
    fun `a descriptor that cannot be given up is closed`() {
        var closed = 0
        val library = object : Library() {
            override fun open(original: Original) = object : Handed(7) {
                override fun detach(): Int = throw PortException.ReadFailed()
                override fun close() { closed++ }
            }
        }
        assertThrows(PortException.ReadFailed::class.java) { library(library).open(ORIGINAL) }
        assertEquals(1, closed)
    }

    @Test
    fun `who pours is told whether the network may be used, and the core that all was poured`() {
        val network = mutableListOf<Boolean>()
        val library = object : Library() {
            override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) {
                assertEquals(ORIGINAL, original)
                network += mayUseNetwork
                if (!mayUseNetwork) throw PortException.NetworkNeeded()
            }
        }
        val into = Into()
        assertThrows(PortException.NetworkNeeded::class.java) { library(library).pour(ORIGINAL, false, into) }
        assertEquals(0, into.finished)
        library(library).pour(ORIGINAL, true, into)
        assertEquals(1, into.finished)
        assertEquals(listOf(false, true), network)
    }

    /** A pour has no limit: a long video comes slowly from a cloud. */
    @Test
    fun `who pours may take longer than an answer may`() {
        val into = Into()
        val library = object : Library() {
            override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) = Thread.sleep(200)
        }
        val ports = Ports(library)
        PortCalls(ports, 20.milliseconds).guarded(ports).library.pour(ORIGINAL, true, into)
        assertEquals(1, into.finished)
    }

    @Test
    fun `what a library need not do, it says that it does not`() {
        val library = library(Library())
        val into = Into()
        assertThrows(PortException.Unsupported::class.java) { library.pour(ORIGINAL, true, into) }
        assertThrows(PortException.Unsupported::class.java) { library.propose(DELETION) }
        assertEquals(0, into.finished)
    }

    @Test
    fun `a proposal, a transfer and a question about space arrive as they are`() {
        val library = object : Library() {
            override fun propose(deletion: Deletion) { asked += listOf("propose", deletion) }
        }
        val ports = guarded(Ports(library, transfers, storage))
        val transfer = Transfer(7, "/staging/7", "PUT", "https://vault.example/7", listOf(Header("a", "b")), true)
        ports.library.propose(DELETION)
        ports.transfers!!.handOver(transfer)
        ports.transfers!!.cancel(8)
        assertEquals(listOf(listOf("propose", DELETION), listOf("handOver", transfer), listOf("cancel", 8L)), asked)
        assertEquals(Space(available = 5uL, total = 6uL), ports.storage!!.space())
    }

    @Test
    fun `what a phone does not have, the core does not ask`() {
        val ports = guarded(Ports(Library()))
        assertNull(ports.transfers)
        assertNull(ports.storage)
        assertNotNull(guarded(Ports(Library(), transfers, storage)).transfers)
    }

    private companion object {
        val ORIGINAL = Original(1, "IMG_1.JPG", Role.PHOTO, Access.SEEKABLE, 3uL, 4uL)
        val DELETION = Deletion(5uL, emptyList(), 100uL)
    }
}
