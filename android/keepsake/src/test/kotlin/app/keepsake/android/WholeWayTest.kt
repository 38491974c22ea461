package app.keepsake.android

import android.Manifest.permission.ACCESS_MEDIA_LOCATION
import android.Manifest.permission.READ_MEDIA_IMAGES
import android.Manifest.permission.READ_MEDIA_VIDEO
import android.app.Application
import app.keepsake.Phone
import app.keepsake.Ports
import app.keepsake.core.Activity
import app.keepsake.core.Fact
import app.keepsake.core.Hold
import app.keepsake.core.Permission
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import kotlin.random.Random
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

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
