package app.keepsake

import app.keepsake.core.Activity
import app.keepsake.core.Configuration
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.core.Permission
import app.keepsake.core.Settings
import app.keepsake.core.VaultPlace
import app.keepsake.core.VirtualTime
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withTimeout
import org.junit.rules.ExternalResource
import org.junit.rules.TemporaryFolder
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A phone in a temporary folder, with a folder vault on the same disk. */
class Phone : ExternalResource() {
    private val place = TemporaryFolder()
    private val opened = mutableListOf<Keepsake>()
    private var uptime = Duration.ZERO

    val time by lazy { VirtualTime(1uL, 0uL, FakeLibrary.SHOT) }
    val photos: File get() = place.root.resolve("photos")
    val state: File get() = place.root.resolve("state")
    val vault: File get() = place.root.resolve("vault")
    val vaultPlace: VaultPlace get() = VaultPlace.Folder(vault.path, 0uL)

    /** Nothing is kept free: the machine that tests may have a full disk. */
    val settings = Settings.default.copy(reserve = 0uL)

    fun start() = before()

    fun end() = after()

    override fun before() {
        place.create()
        photos.mkdir()
    }

    override fun after() {
        opened.forEach { it.close() }
        place.delete()
    }

    /** Opens a backup in real time. */
    suspend fun open(library: PhotoLibrary): Keepsake =
        Keepsake.open(state, vaultPlace, Ports(library), settings).also { opened += it }

    /** Opens one that lives in [time]. */
    fun inVirtualTime(ports: Ports, patience: Duration = 1.minutes): Keepsake {
        val configuration = Configuration(state.path, vaultPlace, settings, 0)
        return Keepsake.over(ports, patience) { time.open(configuration, it) }.also { opened += it }
    }

    fun inVirtualTime(library: PhotoLibrary) = inVirtualTime(Ports(library))

    /** So much time passes. */
    fun pass(lasts: Duration) {
        uptime += lasts
        time.advance(uptime.inWholeMilliseconds.toULong())
    }

    /** The photos in the vault, by name. */
    fun stored(): Map<String, File> =
        vault.walk().onEnter { it.name != ".keepsake" }.filter { it.isFile }.associateBy { it.name }
}

/** A phone on a charger and on Wi-Fi, with the app in front. */
fun Keepsake.startAtEase() {
    start()
    tell(
        Fact.LibraryAccess(Permission.FULL),
        Fact.Locked(false),
        Fact.Network(online = true, metered = false, roaming = false),
        Fact.Power(charging = true, battery = 100u, saver = false, hot = false),
        Fact.TransfersReported,
        Fact.WindowOpened(null),
    )
}

/** Waits until everything that a scan has shown is safe, and said to be. */
suspend fun Keepsake.awaitDone() = withTimeout(30.seconds) {
    events.first { it is Event.StatusChanged && it.status.run { activity == Activity.Done && total.items > 0uL } }
}
