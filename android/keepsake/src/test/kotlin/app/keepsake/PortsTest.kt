package app.keepsake

import app.keepsake.core.Access
import app.keepsake.core.Activity
import app.keepsake.core.Asset
import app.keepsake.core.Class
import app.keepsake.core.Fact
import app.keepsake.core.Fault
import app.keepsake.core.Hold
import app.keepsake.core.Original
import app.keepsake.core.Permission
import app.keepsake.core.PortException
import app.keepsake.core.PourInto
import app.keepsake.core.Space
import app.keepsake.core.Stage
import app.keepsake.core.Storage
import app.keepsake.core.Why
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import java.util.Collections
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** A host with bad manners. */
class PortsTest {
    @get:Rule val phone = Phone()

    private val mistakes = Collections.synchronizedList(mutableListOf<Throwable>())

    private fun ports(library: PhotoLibrary, storage: Storage? = null) =
        Ports(library, storage = storage, onMistake = { mistakes += it })

    @Test
    fun `a library that throws for one photo has it named, and the others go through`() {
        val library = object : FakeLibrary(phone.photos) {
            override fun open(original: Original) =
                if (original.id == "IMG_0002.JPG") error("a mistake") else super.open(original)
        }
        library.shoot(3)
        val keepsake = phone.inVirtualTime(ports(library))
        keepsake.startAtEase()
        phone.pass(10.minutes)
        assertEquals(setOf("IMG_0001.JPG", "IMG_0003.JPG"), phone.stored().keys)
        assertEquals(Stage.Quarantined(Fault.HOST_FAULT), keepsake.stageOf("IMG_0002.JPG"))
        assertEquals("a mistake", mistakes.first().message)
    }

    /** The bindings catch exceptions only; of an error JNA would make descriptor 0. */
    @Test
    fun `an error is survived as an exception is`() {
        val library = object : FakeLibrary(phone.photos) {
            override fun open(original: Original): Descriptor = TODO("not written yet")
        }
        library.shoot(1)
        val keepsake = phone.inVirtualTime(ports(library))
        keepsake.startAtEase()
        phone.pass(10.minutes)
        assertEquals(Stage.Quarantined(Fault.HOST_FAULT), keepsake.stageOf("IMG_0001.JPG"))
        assertTrue(mistakes.first() is NotImplementedError)
    }

    @Test
    fun `a refusal is no mistake, and holds what it is said to hold`() {
        var permitted = false
        val library = object : FakeLibrary(phone.photos) {
            override fun open(original: Original) =
                if (permitted) super.open(original) else throw PortException.NoAccess()
        }
        library.shoot(2)
        val keepsake = phone.inVirtualTime(ports(library))
        keepsake.startAtEase()
        phone.pass(10.hours)
        assertEquals(listOf(Hold.NO_ACCESS), keepsake.status.holds)
        assertEquals(0uL, keepsake.status.quarantined.items)
        assertEquals(emptyList<Throwable>(), mistakes)
        permitted = true
        keepsake.tell(Fact.LibraryAccess(Permission.FULL))
        phone.pass(1.minutes)
        assertEquals(Activity.Done, keepsake.status.activity)
    }

    @Test
    fun `a photo that is gone when it is opened is closed, not failed`() {
        val library = object : FakeLibrary(phone.photos) {
            override fun open(original: Original): Descriptor = throw PortException.Deleted()
        }
        library.shoot(1)
        val keepsake = phone.inVirtualTime(ports(library))
        keepsake.startAtEase()
        phone.pass(1.hours)
        assertEquals(listOf<Class>(Class.Closed), keepsake.status.classes.map { it.`class` })
    }

    @Test
    fun `a library that does not answer is given up on, and its late answer is closed`() {
        val answer = CountDownLatch(1)
        val answered = CountDownLatch(1)
        val library = object : FakeLibrary(phone.photos) {
            override fun open(original: Original): Descriptor {
                answer.await()
                return super.open(original).also { answered.countDown() }
            }
        }
        library.shoot(1)
        val keepsake = phone.inVirtualTime(ports(library), patience = 50.milliseconds)
        keepsake.startAtEase()
        phone.pass(1.minutes)
        // The library is unwell, not the photo.
        assertEquals(Stage.Waiting(Why.Held(Hold.SOURCE_UNAVAILABLE)), keepsake.stageOf("IMG_0001.JPG"))
        answer.countDown()
        assertTrue(answered.await(10, SECONDS))
        eventually { library.leaked.get() == 0 }
        phone.pass(24.hours)
        assertEquals(Activity.Done, keepsake.status.activity)
    }

    @Test
    fun `a port that hangs does not keep the backup from stopping`() = runBlocking {
        val asked = CountDownLatch(1)
        val never = CountDownLatch(1)
        val library = object : FakeLibrary(phone.photos) {
            override fun open(original: Original): Descriptor {
                asked.countDown()
                never.await()
                return super.open(original)
            }
        }
        library.shoot(1)
        val keepsake = phone.open(library)
        keepsake.startAtEase()
        assertTrue(asked.await(10, SECONDS))
        assertTrue(inTime { keepsake.close() })
        never.countDown()
        eventually { library.leaked.get() == 0 }
    }

    @Test
    fun `a walk that hangs does not keep the backup from stopping, and is told to end`() = runBlocking {
        val asked = CountDownLatch(1)
        val stopped = CountDownLatch(1)
        val toldToEnd = CountDownLatch(1)
        val library = object : FakeLibrary(phone.photos) {
            override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
                asked.countDown()
                stopped.await()
                runCatching { page(emptyList()) }.onFailure { if (it is PortException.Stopped) toldToEnd.countDown() }
                return ScanEnd()
            }
        }
        val keepsake = phone.open(library)
        keepsake.startAtEase()
        assertTrue(asked.await(10, SECONDS))
        assertTrue(inTime { keepsake.close() })
        stopped.countDown()
        assertTrue(toldToEnd.await(10, SECONDS))
        assertEquals(emptyList<Throwable>(), mistakes)
    }

    @Test
    fun `a walk that throws in the middle takes nothing for deleted`() {
        var broken = false
        val library = object : FakeLibrary(phone.photos) {
            override fun scan(page: (List<Asset>) -> Unit): ScanEnd =
                if (broken) error("the provider died") else super.scan(page)
        }
        library.shoot(3)
        val keepsake = phone.inVirtualTime(ports(library))
        keepsake.pause()
        keepsake.startAtEase()
        phone.pass(1.minutes)
        broken = true
        keepsake.tell(Fact.LibraryChanged)
        phone.pass(1.minutes)
        assertEquals(3uL, keepsake.status.total.items)
        // It is told from a thread of its own, behind the answer.
        assertTrue(inTime { while (mistakes.isEmpty()) Thread.onSpinWait() })
        assertEquals("the provider died", mistakes.single().message)
        broken = false
        keepsake.tell(Fact.LibraryChanged)
        keepsake.resume()
        phone.pass(1.minutes)
        assertEquals(3, phone.stored().size)
    }

    @Test
    fun `a library that refuses to be walked through is waited for, and that is no mistake`() {
        val refusals = listOf(
            Triple(PortException.NoAccess(), Hold.NO_ACCESS, Fact.LibraryAccess(Permission.FULL)),
            Triple(PortException.DeviceLocked(), Hold.DEVICE_LOCKED, Fact.Locked(false)),
        )
        for ((refusal, hold, end) in refusals) {
            val library = object : FakeLibrary(phone.photos) {
                var refuses = false
                override fun scan(page: (List<Asset>) -> Unit) = if (refuses) throw refusal else super.scan(page)
            }
            library.shoot(1)
            val keepsake = phone.inVirtualTime(ports(library))
            keepsake.startAtEase()
            phone.pass(1.minutes)
            library.refuses = true
            keepsake.tell(Fact.LibraryChanged)
            phone.pass(1.hours)
            assertEquals(listOf(hold), keepsake.status.holds)
            assertEquals(keepsake.status.total, keepsake.status.safe)
            library.refuses = false
            library.shoot(1)
            keepsake.tell(end, Fact.LibraryChanged)
            phone.pass(1.minutes)
            assertEquals(emptyList<Hold>(), keepsake.status.holds)
            assertEquals(phone.photos.list()!!.size, phone.stored().size)
            keepsake.close()
        }
        assertEquals(emptyList<Throwable>(), mistakes)
    }

    @Test
    fun `what cannot be looked for, and what the user hides, is out of sight, not gone`() {
        for (end in listOf(ScanEnd(limited = true), ScanEnd(hidden = listOf("IMG_")))) {
            val library = object : FakeLibrary(phone.photos) {
                var seen = true
                override fun scan(page: (List<Asset>) -> Unit) = if (seen) super.scan(page) else end
            }
            library.shoot(1)
            val keepsake = phone.inVirtualTime(ports(library))
            keepsake.pause()
            keepsake.startAtEase()
            phone.pass(1.minutes)
            library.seen = false
            keepsake.tell(Fact.LibraryChanged)
            phone.pass(1.minutes)
            assertEquals("$end", listOf<Class>(Class.Hidden), keepsake.status.classes.map { it.`class` })
            keepsake.close()
        }
    }

    @Test
    fun `who pours and has said the end already is heard once`() {
        val library = object : FakeLibrary(phone.photos, Access.POURED) {
            override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) {
                super.pour(original, mayUseNetwork, into)
                into.finished()
                into.failed(PortException.ReadFailed())
            }
        }
        library.shoot(2)
        val keepsake = phone.inVirtualTime(ports(library))
        keepsake.startAtEase()
        phone.pass(1.minutes)
        assertEquals(2, phone.stored().size)
        assertEquals(emptyList<Throwable>(), mistakes)
    }

    @Test
    fun `a pour that breaks off is no photo`() {
        var broken = true
        val library = object : FakeLibrary(phone.photos, Access.POURED) {
            override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) {
                super.pour(original, mayUseNetwork, into)
                if (broken) error("the rest is missing")
            }
        }
        library.shoot(1)
        val keepsake = phone.inVirtualTime(ports(library))
        keepsake.startAtEase()
        phone.pass(1.minutes)
        assertEquals(0, phone.stored().size)
        assertEquals(Stage.Quarantined(Fault.HOST_FAULT), keepsake.stageOf("IMG_0001.JPG"))
        broken = false
        assertEquals(1uL, runBlocking { keepsake.retry() })
        phone.pass(1.minutes)
        assertEquals(1, phone.stored().size)
    }

    @Test
    fun `free space is what the system says, and what the disk says when it throws`() {
        var full = true
        val storage = object : Storage {
            override fun space(): Space = if (full) Space(1uL, 64_000_000_000uL) else TODO("no such service")
        }
        val library = FakeLibrary(phone.photos)
        library.shoot(1)
        val keepsake = phone.inVirtualTime(ports(library, storage))
        keepsake.changeSettings(phone.settings.copy(reserve = 1_000uL))
        keepsake.startAtEase()
        phone.pass(1.minutes)
        assertTrue("${keepsake.status.holds}", Hold.LOW_STORAGE in keepsake.status.holds)
        full = false
        keepsake.tell(Fact.SpaceChanged)
        phone.pass(2.minutes)
        assertFalse("${keepsake.status.holds}", Hold.LOW_STORAGE in keepsake.status.holds)
    }

    @Test
    fun `a port that is called holds no thread of the core's`() {
        val threads = Collections.synchronizedSet(mutableSetOf<String>())
        val library = object : FakeLibrary(phone.photos) {
            override fun open(original: Original) = super.open(original).also { threads += Thread.currentThread().name }
        }
        library.shoot(1)
        phone.inVirtualTime(ports(library)).startAtEase()
        phone.pass(1.minutes)
        assertNotNull(threads.single { it.startsWith("keepsake-port-") })
    }

    private fun Keepsake.stageOf(id: String) = runBlocking { page().entries.single { it.id == id }.stage }

    private fun inTime(call: () -> Unit): Boolean {
        val done = CountDownLatch(1)
        thread(isDaemon = true) { call(); done.countDown() }
        return done.await(10, SECONDS)
    }

    private fun eventually(holds: () -> Boolean) {
        repeat(1_000) { if (holds()) return else Thread.sleep(10) }
        assertTrue("it never came to that", holds())
    }
}
