package app.keepsake.android

import android.Manifest.permission.ACCESS_MEDIA_LOCATION
import android.Manifest.permission.READ_MEDIA_IMAGES
import android.Manifest.permission.READ_MEDIA_VIDEO
import android.app.Application
import app.keepsake.Keepsake
import app.keepsake.Phone
import app.keepsake.Ports
import app.keepsake.core.Activity
import app.keepsake.core.Fact
import app.keepsake.core.Hold
import app.keepsake.core.Permission
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog
import kotlin.random.Random
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** From MediaStore through JNA and the core into a vault. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35], shadows = [DetachableDescriptor::class])
class WholeWayTest {
    @get:Rule val phone = Phone()

    private val app: Application get() = RuntimeEnvironment.getApplication()
    private val store = FakeMediaStore.install()
    private val ports by lazy { Ports(MediaStoreLibrary(app), storage = DeviceStorage(app.filesDir) { 1L shl 40 }) }

    @Before
    fun permitted() = shadowOf(app).grantPermissions(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, ACCESS_MEDIA_LOCATION)

    private fun shoot(number: Long, bytes: Int) {
        val file = phone.photos.resolve("IMG_$number.jpg").apply { writeBytes(Random(number).nextBytes(bytes)) }
        store.add(FakeMediaStore.Item(number, file))
    }

    private fun started() = phone.inVirtualTime(ports).apply {
        tell(Device(app).now())
        tell(Fact.Network(online = true, metered = false, roaming = false))
        tell(Fact.Power(charging = true, battery = 100u, saver = false, hot = false))
        start()
        tell(Fact.WindowOpened(null))
    }

    @Test
    fun `photos go from MediaStore into the vault and lie there byte for byte`() {
        shoot(1, bytes = 1)
        shoot(2, bytes = 3_000_000)
        val keepsake = started()
        phone.pass(1.minutes)
        assertEquals(Activity.Done, keepsake.status.activity)
        val stored = phone.stored()
        assertEquals(store.items.values.map { it.file.name }.toSet(), stored.keys)
        for (item in store.items.values) {
            assertArrayEquals(item.file.readBytes(), stored.getValue(item.file.name).readBytes())
        }
    }

    @Test
    fun `what went from MediaStore into the vault comes back byte for byte`() = runBlocking {
        shoot(1, bytes = 1)
        shoot(2, bytes = 3_000_000)
        val keepsake = started()
        phone.pass(1.minutes)
        keepsake.stop()
        val back = phone.vault.resolveSibling("back")
        val restored = Keepsake.restore(phone.vaultPlace, back)
        assertEquals(2uL to 0, restored.written to restored.lost.size)
        // Under the names that they were shot with, not the numbers that MediaStore has for them.
        val files = back.walk().filter { it.isFile }.associateBy { it.name }
        assertEquals(store.items.values.map { it.file.name }.toSet(), files.keys)
        for (item in store.items.values) {
            assertArrayEquals(item.file.readBytes(), files.getValue(item.file.name).readBytes())
        }
    }

    @Test
    fun `what is logged of it is in logcat, and no name is`() = runBlocking {
        Keepsake.logTo(AndroidLog)
        shoot(1, bytes = 1_000)
        val keepsake = started()
        phone.pass(1.minutes)
        keepsake.stop()
        Keepsake.logTo(null)
        withTimeout(20.seconds) { while (logged().none { it.startsWith("the run ended") }) delay(10) }
        assertTrue("${logged()}", logged().any { it.startsWith("the activity changed activity=Done") })
        assertEquals(emptyList<String>(), logged().filter { "IMG" in it || "jpg" in it || phone.vault.path in it })
    }

    private fun logged() = ShadowLog.getLogsForTag("keepsake").map { it.msg }

    @Test
    fun `without the permission to look at all, a scan waits for it`() {
        shoot(1, bytes = 1_000)
        val keepsake = started()
        phone.pass(1.minutes)
        shadowOf(app).denyPermissions(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO)
        keepsake.tell(Fact.LibraryChanged)
        phone.pass(1.hours)
        assertEquals(listOf(Hold.NO_ACCESS), keepsake.status.holds)
        assertEquals(1uL, keepsake.status.safe.items)
        permitted()
        keepsake.tell(Device(app).access())
        phone.pass(1.minutes)
        assertEquals(Activity.Done, keepsake.status.activity)
    }

    @Test
    fun `without the permission for places the backup waits for it, and no photo is blamed`() {
        shoot(1, bytes = 1_000)
        val keepsake = started()
        keepsake.pause()
        phone.pass(1.minutes)
        shadowOf(app).denyPermissions(ACCESS_MEDIA_LOCATION)
        keepsake.resume()
        phone.pass(24.hours)
        assertEquals(listOf(Hold.NO_ACCESS), keepsake.status.holds)
        assertEquals(0uL, keepsake.status.quarantined.items)
        assertEquals(0, phone.stored().size)
        permitted()
        keepsake.tell(Fact.LibraryAccess(Permission.FULL))
        phone.pass(1.minutes)
        assertEquals(1, phone.stored().size)
    }

    @Test
    fun `a photo that is edited is backed up beside what it was`() {
        shoot(1, bytes = 1_000)
        val keepsake = started()
        phone.pass(1.minutes)
        val item = store.items.getValue(1)
        item.file.writeBytes(Random(99).nextBytes(1_000))
        store.add(item.copy(generation = 2))
        keepsake.tell(Fact.LibraryChanged)
        phone.pass(1.minutes)
        assertEquals(Activity.Done, keepsake.status.activity)
        assertEquals(2, phone.stored().size)
    }

    @Test
    fun `what was deleted from the phone stays in the vault`() = runBlocking {
        shoot(1, bytes = 1_000)
        val keepsake = started()
        phone.pass(1.minutes)
        store.items.clear()
        keepsake.tell(Fact.LibraryChanged)
        phone.pass(1.minutes)
        assertEquals(1, phone.stored().size)
        assertEquals(true, keepsake.verify(deep = true).run { missing.isEmpty() && damaged.isEmpty() })
    }
}
