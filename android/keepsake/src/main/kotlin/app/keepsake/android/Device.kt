package app.keepsake.android

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.database.ContentObserver
import android.net.ConnectivityManager
import android.net.ConnectivityManager.NetworkCallback
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkCapabilities.NET_CAPABILITY_INTERNET
import android.net.NetworkCapabilities.NET_CAPABILITY_NOT_METERED
import android.net.NetworkCapabilities.NET_CAPABILITY_NOT_ROAMING
import android.net.NetworkCapabilities.NET_CAPABILITY_TEMPORARILY_NOT_METERED
import android.net.NetworkCapabilities.NET_CAPABILITY_VALIDATED
import android.os.BatteryManager
import android.os.PowerManager
import android.os.UserManager
import android.provider.MediaStore
import app.keepsake.Keepsake
import app.keepsake.core.Fact
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge

/** What only the device knows, as facts: its network, its power, its library. */
class Device(context: Context) {
    private val context = context.applicationContext
    private val connectivity = this.context.service<ConnectivityManager>()
    private val powers = this.context.service<PowerManager>()
    private val users = this.context.service<UserManager>()

    /** How it is now, in the order in which the core wants to hear it. */
    fun now(): List<Fact> = listOf(network(), power(), access(), lock(), Fact.TransfersReported)

    /** What changes from now on, beginning with how it is. */
    val changes: Flow<Fact> get() = merge(networks, power, library)

    /** The default network. */
    val networks: Flow<Fact.Network> = callbackFlow {
        val callback = object : NetworkCallback() {
            private var capabilities: NetworkCapabilities? = null
            private var blocked = false

            override fun onCapabilitiesChanged(network: Network, capabilities: NetworkCapabilities) {
                this.capabilities = capabilities
                trySend(fact(capabilities, blocked))
            }

            // Data Saver, and the firewalls of the system's own.
            override fun onBlockedStatusChanged(network: Network, blocked: Boolean) {
                this.blocked = blocked
                trySend(fact(capabilities, blocked))
            }

            override fun onLost(network: Network) {
                capabilities = null
                trySend(OFFLINE)
            }
        }
        // Nobody calls back while there is none.
        trySend(network())
        connectivity.registerDefaultNetworkCallback(callback)
        awaitClose { connectivity.unregisterNetworkCallback(callback) }
    }.conflate().distinctUntilChanged()

    /** Battery, charger, power saver and temperature. */
    val power: Flow<Fact.Power> = callbackFlow {
        val receiver = object : BroadcastReceiver() {
            override fun onReceive(context: Context, intent: Intent) {
                trySend(Unit)
            }
        }
        val hotter = PowerManager.OnThermalStatusChangedListener { trySend(Unit) }
        val changes = IntentFilter(Intent.ACTION_BATTERY_CHANGED)
        changes.addAction(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED)
        context.registerReceiver(receiver, changes)
        powers.addThermalStatusListener(hotter)
        trySend(Unit)
        awaitClose {
            context.unregisterReceiver(receiver)
            powers.removeThermalStatusListener(hotter)
        }
    }.conflate().map { power() }.distinctUntilChanged()

    /**
     * The library may have changed. MediaStore calls for anything that happens to any file; of that only
     * what it counts as a change of a volume is told.
     */
    val library: Flow<Fact.LibraryChanged> = callbackFlow {
        val observer = object : ContentObserver(null) {
            override fun onChange(selfChange: Boolean) {
                trySend(Unit)
            }
        }
        context.contentResolver.registerContentObserver(MediaStore.AUTHORITY_URI, true, observer)
        trySend(Unit)
        awaitClose { context.contentResolver.unregisterContentObserver(observer) }
    }
        .conflate()
        .map { runCatching { MediaRows(context).generations() }.getOrNull() }
        .distinctUntilChanged()
        .map { Fact.LibraryChanged }

    /** What we may see: to be told again whenever the app comes to the front. Nobody calls back for it. */
    fun access() = Fact.LibraryAccess(context.mediaAccess())

    private fun lock() = Fact.Locked(!users.isUserUnlocked)

    private fun network() = fact(connectivity.getNetworkCapabilities(connectivity.activeNetwork), blocked = false)

    private fun fact(network: NetworkCapabilities?, blocked: Boolean): Fact.Network {
        if (network == null || blocked) return OFFLINE
        return Fact.Network(
            online = network.hasCapability(NET_CAPABILITY_INTERNET) && network.hasCapability(NET_CAPABILITY_VALIDATED),
            metered = !network.hasCapability(NET_CAPABILITY_NOT_METERED) &&
                !network.hasCapability(NET_CAPABILITY_TEMPORARILY_NOT_METERED),
            roaming = !network.hasCapability(NET_CAPABILITY_NOT_ROAMING),
        )
    }

    private fun power(): Fact.Power {
        // Sticky: asked without a receiver, it is the last one.
        val battery = context.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
        val level = battery?.getIntExtra(BatteryManager.EXTRA_LEVEL, -1) ?: -1
        val scale = battery?.getIntExtra(BatteryManager.EXTRA_SCALE, 100) ?: 100
        val percent = if (level < 0 || scale <= 0) 100 else (100 * level / scale).coerceIn(0, 100)
        return Fact.Power(
            charging = (battery?.getIntExtra(BatteryManager.EXTRA_PLUGGED, 0) ?: 0) != 0,
            battery = percent.toUByte(),
            saver = powers.isPowerSaveMode,
            hot = powers.currentThermalStatus >= PowerManager.THERMAL_STATUS_SEVERE,
        )
    }

    private companion object {
        val OFFLINE = Fact.Network(online = false, metered = false, roaming = false)
    }
}

/**
 * Tells how the device is, then starts, and goes on telling what changes until it is cancelled.
 *
 * @param window what the app may work in: without an end while it is in front; `null` if a
 *   [BackupJobService] will tell it.
 */
suspend fun Keepsake.follow(device: Device, window: Fact.WindowOpened? = Fact.WindowOpened(lasts = null)) {
    tell(device.now() + listOfNotNull(window))
    start()
    device.changes.collect { tell(it) }
}
