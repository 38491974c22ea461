package app.keepsake.android

import android.app.Application
import android.content.Intent
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkCapabilities.NET_CAPABILITY_INTERNET
import android.net.NetworkCapabilities.NET_CAPABILITY_NOT_METERED
import android.net.NetworkCapabilities.NET_CAPABILITY_NOT_ROAMING
import android.net.NetworkCapabilities.NET_CAPABILITY_TEMPORARILY_NOT_METERED
import android.net.NetworkCapabilities.NET_CAPABILITY_VALIDATED
import android.os.BatteryManager
import android.os.Looper
import android.os.PowerManager
import android.os.UserManager
import android.os.storage.StorageManager
import android.provider.MediaStore
import app.keepsake.FakeEngine
import app.keepsake.Keepsake
import app.keepsake.Ports
import app.keepsake.core.Fact
import app.keepsake.core.Permission
import app.keepsake.core.PortException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowNetwork
import org.robolectric.shadows.ShadowStorageManager
import java.io.File
import java.io.IOException
import java.util.UUID

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35])
class DeviceTest {
    private val app: Application get() = RuntimeEnvironment.getApplication()
    private val store = FakeMediaStore.install()
    private val device by lazy { Device(app) }
    private val connectivity by lazy { app.service<ConnectivityManager>() }
    private val network: Network by lazy { ShadowNetwork.newInstance(7) }

    /** Collected on the thread of the test itself, as it comes. */
    private val scope = CoroutineScope(Dispatchers.Unconfined)
    private val jobs = mutableListOf<Job>()

    private fun <T> Flow<T>.seen(): List<T> = mutableListOf<T>().also { seen ->
        jobs += scope.launch(start = CoroutineStart.UNDISPATCHED) { collect { seen += it } }
    }

    @After
    fun cancelled() = runBlocking { jobs.forEach { it.cancelAndJoin() } }

    private fun capabilities(vararg has: Int) = NetworkCapabilities.Builder().run {
        (setOf(NET_CAPABILITY_NOT_METERED, NET_CAPABILITY_NOT_ROAMING) - has.toSet()).forEach(::removeCapability)
        has.forEach(::addCapability)
        build()
    }

    private fun changes(vararg has: Int) =
        shadowOf(connectivity).networkCallbacks.forEach { it.onCapabilitiesChanged(network, capabilities(*has)) }

    @Test
    fun `the network is metered, roaming or away as the system says, whatever it is made of`() {
        val seen = device.networks.seen()
        val online = intArrayOf(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED)
        changes(*online, NET_CAPABILITY_NOT_METERED, NET_CAPABILITY_NOT_ROAMING)
        changes(*online, NET_CAPABILITY_NOT_ROAMING)
        changes(*online)
        changes(*online, NET_CAPABILITY_TEMPORARILY_NOT_METERED, NET_CAPABILITY_NOT_ROAMING)
        changes(NET_CAPABILITY_INTERNET, NET_CAPABILITY_NOT_METERED, NET_CAPABILITY_NOT_ROAMING)
        shadowOf(connectivity).networkCallbacks.forEach { it.onLost(network) }
        assertEquals(
            listOf(
                Fact.Network(online = true, metered = false, roaming = false),
                Fact.Network(online = true, metered = true, roaming = false),
                Fact.Network(online = true, metered = true, roaming = true),
                Fact.Network(online = true, metered = false, roaming = false),
                Fact.Network(online = false, metered = false, roaming = false),
            ),
            seen.takeLast(5),
        )
    }

    @Test
    fun `a network is one with the internet behind it, and until it is lost`() {
        val seen = device.networks.seen()
        fun online(vararg has: Int): Boolean {
            changes(*has)
            return seen.last().online
        }
        repeat(2) {
            assertTrue(online(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED))
            assertFalse(online(if (it == 0) NET_CAPABILITY_INTERNET else NET_CAPABILITY_VALIDATED))
        }
        assertTrue(online(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED))
        shadowOf(connectivity).networkCallbacks.forEach { it.onLost(network) }
        assertFalse(seen.last().online)
    }

    @Test
    fun `a network that the system does not let us use is none`() {
        val seen = device.networks.seen()
        changes(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED, NET_CAPABILITY_NOT_ROAMING)
        shadowOf(connectivity).networkCallbacks.forEach { it.onBlockedStatusChanged(network, true) }
        assertEquals(false, seen.last().online)
        shadowOf(connectivity).networkCallbacks.forEach { it.onBlockedStatusChanged(network, false) }
        assertEquals(Fact.Network(online = true, metered = true, roaming = false), seen.last())
    }

    @Test
    fun `a device without a network says so before anybody calls back`() {
        shadowOf(connectivity).setDefaultNetworkActive(false)
        shadowOf(connectivity).clearAllNetworks()
        assertEquals(listOf(Fact.Network(online = false, metered = false, roaming = false)), device.networks.seen())
    }

    @Test
    fun `to whoever is slow the newest network is told, however many there were`() = runBlocking {
        val goesOn = CompletableDeferred<Unit>()
        val seen = mutableListOf<Fact.Network>()
        jobs += scope.launch(start = CoroutineStart.UNDISPATCHED) {
            device.networks.collect {
                seen += it
                goesOn.await()
            }
        }
        val online = intArrayOf(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED, NET_CAPABILITY_NOT_ROAMING)
        repeat(100) {
            changes(*online)
            changes(*online, NET_CAPABILITY_NOT_METERED)
        }
        changes(*online)
        goesOn.complete(Unit)
        assertEquals(Fact.Network(online = true, metered = true, roaming = false), seen.last())
        assertTrue("${seen.size} were told", seen.size < 10)
    }

    @Test
    fun `a network that stays as it is is told once`() {
        val seen = device.networks.seen()
        val before = seen.size
        repeat(3) { changes(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED, NET_CAPABILITY_NOT_METERED) }
        assertEquals(before + 1, seen.size)
    }

    @Test
    fun `a network that is blocked before it is known, or lost while it is, is none`() {
        val seen = device.networks.seen()
        val all = shadowOf(connectivity).networkCallbacks
        all.forEach { it.onBlockedStatusChanged(network, true) }
        changes(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED)
        assertEquals(false, seen.last().online)
        all.forEach { it.onBlockedStatusChanged(network, false) }
        assertEquals(true, seen.last().online)
        all.forEach { it.onLost(network) }
        all.forEach { it.onBlockedStatusChanged(network, false) }
        assertEquals(false, seen.last().online)
    }

    @Test
    fun `all that changes is told in one stream`() {
        val seen = device.changes.seen()
        val kinds = listOf(Fact.Network::class, Fact.Power::class, Fact.LibraryChanged::class)
        idle()
        assertEquals(kinds.toSet(), seen.map { it::class }.toSet())
    }

    @Test
    fun `nothing is listened to any more when nobody collects`() {
        runBlocking {
            val job = launch(Dispatchers.Unconfined) { device.changes.collect {} }
            assertEquals(1, shadowOf(connectivity).networkCallbacks.size)
            job.cancelAndJoin()
        }
        assertEquals(0, shadowOf(connectivity).networkCallbacks.size)
        assertTrue(shadowOf(app).registeredReceivers.none { it.intentFilter.hasAction(Intent.ACTION_BATTERY_CHANGED) })
        assertEquals(0, shadowOf(app.contentResolver).getContentObservers(MediaStore.AUTHORITY_URI).size)
        assertEquals(0, shadowOf(app.service<PowerManager>()).thermalStatusListeners.size)
    }

    @Test
    fun `battery, charger, power saver and heat are told when they change`() {
        val seen = device.power.seen()
        battery(plugged = BatteryManager.BATTERY_PLUGGED_USB, level = 40)
        assertEquals(Fact.Power(charging = true, battery = 40u, saver = false, hot = false), seen.last())
        battery(plugged = 0, level = 39)
        assertEquals(Fact.Power(charging = false, battery = 39u, saver = false, hot = false), seen.last())
        shadowOf(app.service<PowerManager>()).setIsPowerSaveMode(true)
        app.sendBroadcast(Intent(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED))
        idle()
        assertEquals(true, seen.last().saver)
        shadowOf(app.service<PowerManager>()).setCurrentThermalStatus(PowerManager.THERMAL_STATUS_SEVERE)
        idle()
        assertEquals(true, seen.last().hot)
        shadowOf(app.service<PowerManager>()).setCurrentThermalStatus(PowerManager.THERMAL_STATUS_MODERATE)
        idle()
        assertEquals(false, seen.last().hot)
        repeat(3) { battery(plugged = 0, level = 38) }
        assertEquals("each once", 1, seen.count { it.battery == 38u.toUByte() })
    }

    @Test
    fun `the battery is told in percent, and one that does not say how full it is counts as full`() {
        fun told(level: Int, scale: Int): Int {
            battery(BatteryManager.BATTERY_PLUGGED_AC, level, scale)
            return device.now().filterIsInstance<Fact.Power>().single().battery.toInt()
        }
        assertEquals(45, told(level = 90, scale = 200))
        assertEquals(100, told(level = -1, scale = 100))
        assertEquals(100, told(level = 50, scale = 0))
        assertEquals(100, told(level = 130, scale = 100))
    }

    @Test
    fun `a provider that dies does not end the stream of changes`() {
        val seen = device.library.seen()
        store.onCall = { throw SecurityException("it died") }
        app.contentResolver.notifyChange(MediaStore.Files.getContentUri("external"), null)
        idle()
        store.onCall = {}
        app.contentResolver.notifyChange(MediaStore.Files.getContentUri("external"), null)
        idle()
        assertEquals(3, seen.size)
    }

    @Test
    fun `the library changed when a generation did, not at every call`() {
        val seen = device.library.seen()
        assertEquals("to begin with, nothing is known", 1, seen.size)
        app.contentResolver.notifyChange(MediaStore.Files.getContentUri("external"), null)
        idle()
        assertEquals(1, seen.size)
        store.generationOf[MediaStore.VOLUME_EXTERNAL_PRIMARY] = 2
        app.contentResolver.notifyChange(MediaStore.Files.getContentUri("external"), null)
        idle()
        assertEquals(2, seen.size)
        store.version = "built anew"
        app.contentResolver.notifyChange(MediaStore.Files.getContentUri("external"), null)
        idle()
        assertEquals(3, seen.size)
    }

    @Test
    fun `at the start everything is told that the core waits for`() {
        val told = device.now().map { it::class }
        assertEquals(
            listOf(Fact.Network::class, Fact.Power::class, Fact.LibraryAccess::class, Fact.Locked::class),
            told.dropLast(1),
        )
        assertEquals(Fact.TransfersReported, device.now().last())
    }

    @Test
    fun `it is told as it is now`() {
        val networks = shadowOf(connectivity)
        networks.setNetworkCapabilities(connectivity.activeNetwork, capabilities(NET_CAPABILITY_INTERNET, NET_CAPABILITY_VALIDATED))
        shadowOf(app.service<UserManager>()).setUserUnlocked(true)
        val now = device.now()
        assertEquals(Fact.Network(online = true, metered = true, roaming = true), now.first())
        assertTrue("$now", Fact.Locked(false) in now)
        assertTrue("$now", Fact.LibraryAccess(Permission.DENIED) in now)
        shadowOf(app.service<UserManager>()).setUserUnlocked(false)
        assertTrue("${device.now()}", Fact.Locked(true) in device.now())
    }

    @Test
    fun `whoever follows is told first how the device is, then starts, and is told every change`() {
        for (window in listOf(Fact.WindowOpened(lasts = null), null)) {
            val engine = FakeEngine()
            val keepsake = Keepsake.over(Ports(MediaStoreLibrary(app))) { engine }
            val following = scope.launch(start = CoroutineStart.UNDISPATCHED) {
                if (window == null) keepsake.follow(device, window) else keepsake.follow(device)
            }
            jobs += following
            val begun = listOf(listOf("tell", device.now() + listOfNotNull(window)), listOf("start"))
            assertEquals(begun, engine.asked.take(2))
            battery(plugged = 0, level = 12)
            val power = Fact.Power(charging = false, battery = 12u, saver = false, hot = false)
            assertTrue("${engine.asked}", listOf<Any?>("tell", listOf(power)) in engine.asked)
            runBlocking { following.cancelAndJoin() }
        }
    }

    @Test
    fun `free space is what the system would make room for`() {
        val storage = DeviceStorage(app.filesDir) { 4_711 }
        assertEquals(4_711uL, storage.space().available)
        assertEquals(app.filesDir.totalSpace.toULong(), storage.space().total)
        val broken = DeviceStorage(File("nowhere")) { throw IOException("no such volume") }
        assertThrows(PortException.Unsupported::class.java) { broken.space() }
    }

    @Test
    @Config(shadows = [RoomyStorage::class])
    fun `the system is asked about the disk that the app's files are on`() {
        val space = DeviceStorage(app).space()
        assertEquals(4_711uL, space.available)
        assertEquals(app.filesDir.totalSpace.toULong(), space.total)
    }

    /** Robolectric's own has no room at all. */
    @Implements(StorageManager::class)
    class RoomyStorage : ShadowStorageManager() {
        @Implementation
        fun getUuidForPath(path: File): UUID = UUID.nameUUIDFromBytes(path.path.toByteArray())

        @Implementation
        fun getAllocatableBytes(volume: UUID): Long {
            val ours = RuntimeEnvironment.getApplication().filesDir
            return if (volume == getUuidForPath(ours)) 4_711 else 0
        }
    }

    private fun battery(plugged: Int, level: Int, scale: Int = 100) {
        val battery = Intent(Intent.ACTION_BATTERY_CHANGED)
            .putExtra(BatteryManager.EXTRA_PLUGGED, plugged)
            .putExtra(BatteryManager.EXTRA_LEVEL, level)
            .putExtra(BatteryManager.EXTRA_SCALE, scale)
        app.sendStickyBroadcast(battery)
        idle()
    }

    private fun idle() = shadowOf(Looper.getMainLooper()).idle()
}
