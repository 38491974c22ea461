package app.keepsake

import app.keepsake.core.Access
import app.keepsake.core.Activity
import app.keepsake.core.Fact
import app.keepsake.core.Hold
import app.keepsake.core.KeepsakeException
import app.keepsake.core.Stage
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

class KeepsakeTest {
    @get:Rule val phone = Phone()

    private val library by lazy { FakeLibrary(phone.photos) }

    @Test
    fun `a photo goes in and lies in the vault byte for byte`() = runBlocking {
        val (photo) = library.shoot(1)
        val keepsake = phone.open(library)
        keepsake.startAtEase()
        keepsake.awaitDone()
        assertArrayEquals(photo.readBytes(), phone.stored().getValue(photo.name).readBytes())
        assertEquals(1uL, keepsake.status.safe.items)
    }

    @Test
    fun `a photo that is poured through a pipe lies in the vault byte for byte`() = runBlocking {
        val poured = FakeLibrary(phone.photos, Access.POURED)
        val (photo) = poured.shoot(1)
        val keepsake = phone.open(poured)
        keepsake.startAtEase()
        keepsake.awaitDone()
        assertArrayEquals(photo.readBytes(), phone.stored().getValue(photo.name).readBytes())
    }

    @Test
    fun `every descriptor that was opened is given to the core`() {
        library.shoot(5)
        phone.inVirtualTime(library).startAtEase()
        phone.pass(1.minutes)
        assertEquals(5, phone.stored().size)
        assertEquals(0, library.leaked.get())
    }

    @Test
    fun `what was safe is still safe, and not sent again, when it is opened the next time`() {
        library.shoot(3)
        phone.inVirtualTime(library).run { startAtEase(); phone.pass(1.minutes); close() }
        val sent = phone.stored().mapValues { it.value.lastModified() }
        val keepsake = phone.inVirtualTime(library)
        assertEquals(3uL, keepsake.status.safe.items)
        keepsake.startAtEase()
        phone.pass(1.minutes)
        assertEquals(sent, phone.stored().mapValues { it.value.lastModified() })
    }

    @Test
    fun `a pause holds, survives a restart, and ends when the user resumes`() {
        phone.inVirtualTime(library).run { startAtEase(); pause(); phone.pass(1.minutes); close() }
        library.shoot(1)
        val keepsake = phone.inVirtualTime(library)
        keepsake.startAtEase()
        phone.pass(1.hours)
        assertEquals(listOf(Hold.USER), keepsake.status.holds)
        assertEquals(0, phone.stored().size)
        keepsake.resume()
        phone.pass(1.minutes)
        assertEquals(1, phone.stored().size)
    }

    @Test
    fun `what the device tells is heard`() {
        library.shoot(1)
        val keepsake = phone.inVirtualTime(library)
        keepsake.startAtEase()
        keepsake.tell(Fact.Power(charging = false, battery = 14u, saver = false, hot = false))
        phone.pass(1.hours)
        assertEquals(listOf(Hold.LOW_BATTERY), keepsake.status.holds)
        keepsake.changeSettings(phone.settings.copy(lowestBattery = 10u))
        phone.pass(1.minutes)
        assertEquals(Activity.Done, keepsake.status.activity)
    }

    @Test
    fun `the library comes newest first, a page at a time`() = runBlocking {
        library.shoot(7)
        val keepsake = phone.inVirtualTime(library)
        keepsake.startAtEase()
        phone.pass(1.minutes)
        val first = keepsake.page(most = 3)
        assertEquals(listOf("IMG_0007.JPG", "IMG_0006.JPG", "IMG_0005.JPG"), first.entries.map { it.id })
        assertEquals("IMG_0004.JPG", keepsake.page(first.next, most = 1).entries.single().id)
        assertTrue(first.entries.all { it.stage == Stage.BackedUp })
    }

    @Test
    fun `the whole library can be collected, whatever the size of a page`() = runBlocking {
        library.shoot(7)
        val keepsake = phone.inVirtualTime(library)
        keepsake.startAtEase()
        phone.pass(1.minutes)
        val all = (7 downTo 1).map { "IMG_000$it.JPG" }
        for (pageSize in 1..8) {
            assertEquals(all, keepsake.library(pageSize).map { it.id }.toList())
        }
        assertEquals(all.take(4), keepsake.library(pageSize = 2).map { it.id }.take(4).toList())
    }

    @Test
    fun `verify names a file that was damaged in the vault`() = runBlocking {
        library.shoot(2)
        phone.inVirtualTime(library).run { startAtEase(); phone.pass(1.minutes); stop() }
        phone.stored().getValue("IMG_0001.JPG").run { writeBytes(readBytes().also { it[100]++ }) }
        val found = phone.inVirtualTime(library).verify(deep = true)
        assertEquals(1uL, found.good)
        assertEquals(listOf("2026/01/IMG_0001.JPG"), found.damaged)
    }

    @Test
    fun `what is forgotten rests, and is told by its number`() = runBlocking {
        library.shoot(2)
        val keepsake = phone.inVirtualTime(library)
        keepsake.startAtEase()
        phone.pass(1.minutes)
        val newest = keepsake.page(most = 1).entries.single()
        assertEquals(1uL, keepsake.forget(listOf(newest.resource)))
        assertEquals(Stage.Forgotten, keepsake.page(most = 1).entries.single().stage)
    }

    @Test
    fun `a state folder that cannot be made is told as such`() {
        phone.state.writeText("a file is in the way")
        val error = assertThrows(KeepsakeException.State::class.java) {
            runBlocking { phone.open(library) }
        }
        assertTrue(error.sentence, phone.state.path in error.sentence)
    }

    @Test
    fun `a vault that cannot be used is told as such`() {
        runBlocking { phone.open(library).stop() }
        phone.vault.resolve(".keepsake/vault.json").writeText("what is this?")
        assertThrows(KeepsakeException.Vault::class.java) {
            runBlocking { phone.open(library).start() }
        }
    }

    @Test
    fun `an item that is not there is told as such`() {
        val keepsake = phone.inVirtualTime(library)
        assertThrows(KeepsakeException.NoSuchItem::class.java) {
            runBlocking { keepsake.forget(listOf(4711)) }
        }
    }

    @Test
    fun `after the end what needs a backup is refused, and what tells something is passed over`() = runBlocking {
        val keepsake = phone.open(library)
        keepsake.startAtEase()
        keepsake.stop()
        keepsake.close()
        keepsake.tell(Fact.LibraryChanged)
        assertEquals(Activity.Stopped, keepsake.status.activity)
        val refused = listOf<suspend () -> Unit>(
            { keepsake.start() },
            { keepsake.pause() },
            { keepsake.resume() },
            { keepsake.changeSettings(phone.settings) },
            { keepsake.freeUp() },
            { keepsake.retry() },
            { keepsake.forget(listOf(1)) },
            { keepsake.verify() },
            { keepsake.page() },
        )
        for (call in refused) {
            assertThrows(KeepsakeException.Stopped::class.java) { runBlocking { call() } }
        }
    }

    @Test
    fun `the same state is opened again at once, and never twice`() = runBlocking {
        library.shoot(3)
        repeat(10) { round ->
            val keepsake = phone.open(library)
            keepsake.startAtEase()
            assertThrows(KeepsakeException.InUse::class.java) { runBlocking { phone.open(library) } }
            if (round % 2 == 0) keepsake.stop() else keepsake.close()
        }
        phone.open(library).startAtEase()
    }

    @Test
    fun `an opening that is cancelled leaves nothing open behind it`() = runBlocking {
        repeat(20) { round ->
            val opening = async(Dispatchers.Default) { phone.open(library) }
            delay(round * 2L)
            opening.cancel()
            // Where it was open already, it is ours to close.
            runCatching { opening.await() }.getOrNull()?.close()
        }
        library.shoot(1)
        val keepsake = phone.open(library)
        keepsake.startAtEase()
        keepsake.awaitDone()
        assertEquals(1, phone.stored().size)
    }
}
