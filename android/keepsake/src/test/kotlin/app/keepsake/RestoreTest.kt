package app.keepsake

import app.keepsake.core.KeepsakeException
import app.keepsake.core.Reached
import app.keepsake.core.VaultPlace
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.time.Duration.Companion.minutes

class RestoreTest {
    @get:Rule val phone = Phone()

    private val library by lazy { FakeLibrary(phone.photos) }
    private val back get() = phone.vault.resolveSibling("back")

    private fun backedUp(count: Int) {
        library.shoot(count)
        phone.inVirtualTime(library).run { startAtEase(); phone.pass(1.minutes) }
        assertEquals(count, phone.stored().size)
    }

    @Test
    fun `everything comes back byte for byte, and a second time it is there already`() = runBlocking {
        backedUp(5)
        val told = mutableListOf<Reached>()
        val restored = Keepsake.restore(phone.vaultPlace, back) { told += it }
        assertEquals(5uL, restored.written)
        for (photo in phone.photos.listFiles()!!) {
            assertArrayEquals(photo.readBytes(), back.resolve(photo.name).readBytes())
        }
        assertEquals(5uL, told.last().itemsTotal)
        val again = Keepsake.restore(phone.vaultPlace, back)
        assertEquals(0uL to 5uL, again.written to again.alreadyThere)
    }

    @Test
    fun `what is lost, altered or in the way is told by name`() = runBlocking {
        backedUp(3)
        phone.stored().getValue("IMG_0001.JPG").delete()
        phone.stored().getValue("IMG_0002.JPG").writeText("something else")
        back.mkdir()
        back.resolve("IMG_0003.JPG").writeText("another photo")
        val restored = Keepsake.restore(phone.vaultPlace, back)
        assertEquals(2, restored.lost.size)
        assertEquals(listOf("2026/01/IMG_0002.JPG"), restored.altered)
        assertEquals(listOf("IMG_0003.JPG"), restored.inTheWay)
        assertEquals("another photo", back.resolve("IMG_0003.JPG").readText())
    }

    @Test
    fun `what cannot be restored at all is told as such`() {
        backedUp(1)
        val nowhere = VaultPlace.Folder(phone.vault.resolveSibling("nowhere").path, null)
        assertThrows(KeepsakeException.NotNow::class.java) { runBlocking { Keepsake.restore(nowhere, back) } }
        assertThrows(KeepsakeException.Destination::class.java) {
            runBlocking { Keepsake.restore(phone.vaultPlace, phone.vault.resolve("back")) }
        }
    }

    @Test
    fun `a long call says again and again how far it is, where its caller runs`() = runBlocking {
        val twice = CountDownLatch(2)
        val tellers = mutableSetOf<Thread>()
        val answer = longCall({ tellers += Thread.currentThread(); twice.countDown() }) {
            assertTrue("it never said so", twice.await(20, SECONDS))
            7
        }
        assertEquals(7, answer)
        assertEquals(setOf(Thread.currentThread()), tellers)
    }

    @Test
    fun `a look at the vault says how far it is`() = runBlocking {
        backedUp(2)
        val told = mutableListOf<Reached>()
        phone.inVirtualTime(library).verify { told += it }
        assertEquals(2uL, told.last().itemsTotal)
    }

    @Test
    fun `a long call that is cancelled is told to stop, and is over when its caller goes on`() = runBlocking {
        val begun = CompletableDeferred<Unit>()
        val over = CountDownLatch(1)
        val caller = async(Dispatchers.Default) {
            longCall({}) { progress ->
                begun.complete(Unit)
                // As the core does: it looks whether it was stopped.
                while (!stopped(progress)) Thread.onSpinWait()
                over.countDown()
            }
        }
        begun.await()
        caller.cancelAndJoin()
        assertEquals(0L, over.count)
        assertTrue(caller.isCancelled)
    }

    @Test
    fun `who is told of progress and throws ends the call, and gets what was thrown`() {
        backedUp(1)
        val thrown = assertThrows(IllegalStateException::class.java) {
            runBlocking { Keepsake.restore(phone.vaultPlace, back) { error("the screen is gone") } }
        }
        assertEquals("the screen is gone", thrown.message)
    }

    @Test
    fun `a restore that is stopped before it began writes nothing, and says so by its cancellation`() = runBlocking {
        backedUp(3)
        val caller = async(start = kotlinx.coroutines.CoroutineStart.LAZY) { Keepsake.restore(phone.vaultPlace, back) }
        caller.cancelAndJoin()
        assertThrows(CancellationException::class.java) { runBlocking { caller.await() } }
        assertTrue(!back.exists())
        assertEquals(3uL, Keepsake.restore(phone.vaultPlace, back).written)
    }

    /** Only the core sees that a call is to stop: a restore with it says so. */
    private fun stopped(progress: app.keepsake.core.Progress): Boolean {
        val empty = phone.vault.resolveSibling("empty")
        if (!empty.exists()) {
            Keepsake.over(Ports(library)) { phone.time.open(configuration(empty), it) }.close()
        }
        return app.keepsake.core.restore(VaultPlace.Folder(empty.path, 0uL), back.path, progress).stopped
    }

    private fun configuration(vault: java.io.File) = app.keepsake.core.Configuration(
        phone.state.resolveSibling("empty-state").path, VaultPlace.Folder(vault.path, 0uL), phone.settings, 0,
    )
}
