package app.keepsake

import app.keepsake.core.Configuration
import app.keepsake.core.Engine
import app.keepsake.core.Entry
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.core.HostPorts
import app.keepsake.core.KeepsakeException
import app.keepsake.core.Page
import app.keepsake.core.Position
import app.keepsake.core.Reached
import app.keepsake.core.Restored
import app.keepsake.core.Settings
import app.keepsake.core.Status
import app.keepsake.core.VaultPlace
import app.keepsake.core.Verified
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import java.io.Closeable
import java.io.File
import java.util.TimeZone
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import app.keepsake.core.logTo as coreLogTo
import app.keepsake.core.restore as coreRestore

/**
 * A backup of the device's photos into one vault.
 *
 * Everything is decided by the core, which this is a thin layer over: its records and enums are used as
 * they are, from `app.keepsake.core`. May be used from any thread. Functions that wait for a disk or for
 * the vault suspend; the others return at once, and what comes of them is told by [events].
 *
 * What fails is a [KeepsakeException]. After [stop] or [close] that is [KeepsakeException.Stopped] for every
 * question and for every wish of the user, since nobody would hear it; what the device tells is passed over:
 * whoever watches a network or a charger cannot know of the end.
 */
class Keepsake private constructor(private val engine: Engine, private val calls: PortCalls) : Closeable {
    /**
     * What happens, to show it or to log it. Ends when the backup has stopped.
     *
     * There is one stream: of several who collect at the same time each gets a part (share it with
     * `shareIn`). Nobody has to: what is not collected waits, of statuses only the newest. A collector that
     * is cancelled takes no event with it, and the next one goes on where it left off.
     */
    val events: Flow<Event> = EventFlow(engine)

    /** Where everything is now. */
    val status: Status get() = engine.status()

    /** Why the vault is not there, if it was not there when it was opened. */
    val vaultAway: String? get() = engine.vaultAway()

    /** Starts backing up. A second time does nothing. */
    fun start() = engine.start()

    /** The user pauses. Survives a restart. */
    fun pause() = engine.pause()

    /** The user resumes. */
    fun resume() = engine.resume()

    /** Tells what only the device knows, whenever it changes. */
    fun tell(facts: List<Fact>) = engine.tell(facts)

    /** Tells what only the device knows, whenever it changes. */
    fun tell(vararg facts: Fact) = tell(facts.asList())

    /** The user changed the settings. */
    fun changeSettings(settings: Settings) = engine.changeSettings(settings)

    /**
     * The user wants to free space: at most [wanted] bytes, or as many as can be. What may be let go is
     * proposed through [PhotoLibrary.propose].
     */
    fun freeUp(wanted: ULong? = null) = engine.freeUp(wanted)

    /** Tries items again that were given up on, these or all, and says how many. */
    suspend fun retry(resources: List<Long>? = null): ULong = waiting { retry(resources) }

    /**
     * These are not backed up again, by any device that shares the vault (what only describes one asset, a
     * sidecar, by this one); what lies there stays. Says how many they are.
     */
    suspend fun forget(resources: List<Long>): ULong = waiting { forget(resources) }

    /**
     * Looks at every file in the vault, with [deep] at every byte. Only before [start]. [progress] is told how
     * far it is. Cancelled, it ends at the next file or megabyte.
     */
    suspend fun verify(deep: Boolean = false, progress: (Reached) -> Unit = {}): Verified =
        longCall(progress) { engine.verify(deep, it) }

    /** A page of the library, newest first, from [below] on. */
    suspend fun page(below: Position? = null, most: Int = PAGE): Page = waiting { library(below, most.toUInt()) }

    /** The library, newest first, read by the page while it is collected. */
    fun library(pageSize: Int = PAGE): Flow<Entry> = flow {
        var below: Position? = null
        do {
            val page = page(below, pageSize)
            page.entries.forEach { emit(it) }
            below = page.next
        } while (below != null)
    }

    /**
     * Stops: what is under way ends or is cut short, and all that was opened is closed. Waits for that, also
     * when it is cancelled. To go on later, or at once, [open] another one.
     */
    suspend fun stop() = withContext(NonCancellable + Dispatchers.IO) { close() }

    /** Stops, and blocks until it has: [stop] is better on a thread that must not wait. */
    override fun close() {
        calls.stop()
        // The engine's memory is left to the garbage collector: whoever still collects events, or asks
        // for the status, gets the last of them.
        engine.stop()
    }

    private suspend fun <T> waiting(call: Engine.() -> T): T = withContext(Dispatchers.IO) { engine.call() }

    companion object {
        /** A port that has not answered for this long is taken for one that never will. */
        private val PATIENCE = 2.minutes
        private const val PAGE = 200

        /**
         * Opens a backup. Nothing is backed up before [start].
         *
         * @param state a folder of the app's own, for nothing else: catalog, staging, logs. Only one
         *   backup is open on it at a time: a second one in this process is refused with
         *   [KeepsakeException.InUse].
         * @param vault where the photos go; `null`: where they went last (for showing the library).
         */
        suspend fun open(
            state: File,
            vault: VaultPlace?,
            ports: Ports,
            settings: Settings = Settings.default,
        ): Keepsake {
            val zone = TimeZone.getDefault().getOffset(System.currentTimeMillis()).milliseconds
            val configuration = Configuration(state.path, vault, settings, zone.inWholeMinutes.toInt())
            return opened { over(ports) { Engine.open(configuration, it) } }
        }

        /**
         * Brings everything in a vault back into a folder, which is made if it is missing. Needs no backup, and
         * one may be open on the same vault.
         *
         * Nothing is overwritten: what holds another file's name is [Restored.inTheWay]. What came from this
         * device's library lies under the path that it has in the vault (`2026/01/IMG_1.jpg`). Called again, it
         * goes on where it was.
         *
         * Cancelled, it ends at the next file or megabyte, and returns then; what was written is whole.
         *
         * @param progress is told how far it is, a few times a second, where the caller runs.
         * @throws KeepsakeException.Vault the vault cannot be opened.
         * @throws KeepsakeException.NotNow the vault is away, or a disk fails.
         * @throws KeepsakeException.Destination the folder cannot be used.
         */
        suspend fun restore(vault: VaultPlace, into: File, progress: (Reached) -> Unit = {}): Restored =
            longCall(progress) { coreRestore(vault, into.path, it) }

        /** From now on the log of every backup of this process goes to [log]; `null`: nowhere, as at first. */
        fun logTo(log: Log?) = coreLogTo(log?.let(::GuardedLog))

        /** What was opened all the same for somebody who was cancelled meanwhile is closed: nobody else knows of it. */
        internal suspend fun opened(open: () -> Keepsake): Keepsake {
            var opened: Keepsake? = null
            try {
                return withContext(Dispatchers.IO) { open().also { opened = it } }
            } catch (cancelled: CancellationException) {
                opened?.close()
                throw cancelled
            }
        }

        /** The same with an engine from elsewhere: one that lives in virtual time. */
        internal fun over(
            ports: Ports,
            patience: Duration = PATIENCE,
            engine: (HostPorts) -> Engine,
        ): Keepsake {
            val calls = PortCalls(ports, patience)
            return Keepsake(engine(calls.guarded(ports)), calls)
        }
    }
}
