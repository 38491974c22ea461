package app.keepsake.border

import app.keepsake.Keepsake
import app.keepsake.Phone
import app.keepsake.Ports
import app.keepsake.core.Access
import app.keepsake.core.Activity
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.startAtEase
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import java.util.concurrent.Semaphore
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/**
 * How often a backup crosses the border.
 *
 * The goals are for *calls*: of a function of the core, or of a port. The bindings make more crossings of
 * each, for handles, buffers and futures (see [Crossings]); those are counted too, and have limits of their
 * own. What is told of a backup depends on how long it takes, at most ten statuses a second, and not on how
 * many assets there are.
 */
class CrossingsTest {
    @get:Rule val phone = Phone()

    @Test
    fun `a scan that finds nothing new crosses once for many assets`() {
        val assets = 10_000
        // Each event is taken as soon as it is there: the most that there can be.
        val scanned = Semaphore(0)
        val library = ManyPhotos(assets, phone.photos) { scanned.acquireInTime() }
        val keepsake = phone.inVirtualTime(Ports(library))
        keepsake.pause()
        val crossed = collecting(keepsake, { if (it is Event.Scanned) scanned.release() }) {
            keepsake.startAtEase()
            phone.pass(1.minutes)
            val before = Crossings.now()
            keepsake.tell(Fact.LibraryChanged)
            phone.pass(1.minutes)
            Crossings.now() - before
        }
        assertEquals(assets.toULong(), keepsake.status.total.items)
        println("a rescan of $assets: ${crossed.calls} calls, ${crossed.all} crossings")
        assertTrue("$crossed", crossed.all <= 0.05 * assets)
    }

    @Test
    fun `a backup calls for its originals, and hardly more`() = backup(Access.SEEKABLE) { crossed, assets ->
        assertEquals("$crossed", assets, crossed.of("callback_PhotoLibrary_open"))
        assertEquals("$crossed", assets, crossed.of("callback_PhotoLibrary_version"))
    }

    @Test
    fun `a backup that is poured calls three times for each pour, and hardly more`() =
        backup(Access.POURED) { crossed, _ ->
            // More than assets: some are hashed first and poured again to be sent.
            val pours = crossed.of("callback_PhotoLibrary_pour")
            assertEquals("$crossed", 2 * pours, crossed.of("_fn_method_pourinto"))
        }

    private fun backup(access: Access, originals: (Crossings, assets: Long) -> Unit) {
        val assets = 1_000L
        val done = Semaphore(0)
        val keepsake = phone.inVirtualTime(Ports(ManyPhotos(assets.toInt(), phone.photos, access)))
        val before = Crossings.now()
        val ended: (Event) -> Unit = { if (it == Event.ActivityChanged(Activity.Done)) done.release() }
        val crossed = collecting(keepsake, ended) {
            keepsake.startAtEase()
            // In small steps: nearly every event is taken by itself.
            repeat(100) { phone.pass(50.milliseconds) }
            phone.pass(1.minutes)
            done.acquireInTime()
            Crossings.now() - before
        }
        assertEquals(assets.toULong(), keepsake.status.safe.items)
        originals(crossed, assets)
        // With each original that is asked for goes a buffer that says which.
        val asked = crossed.of("callback_PhotoLibrary_open", "callback_PhotoLibrary_version", "callback_PhotoLibrary_pour")
        val calls = crossed.calls - asked - crossed.of("_fn_method_pourinto")
        val crossings = crossed.all - 2 * asked - crossed.of("_pourinto", "_virtualtime")
        println("a backup of $assets ($access): $asked asked for, besides $calls calls, $crossings crossings")
        assertTrue("$crossed", calls <= 0.05 * assets)
        assertTrue("$crossed", crossings <= 0.25 * assets)
    }

    /** Calls of the core's functions and of ports: without what the bindings do besides. */
    private val Crossings.calls: Long
        get() = of("_fn_method_", "_fn_func_", "_fn_constructor_", "callback_") -
            of("_uniffiClone", "_uniffiFree", "_method_virtualtime") // the clock is this test's own

    private fun <T> collecting(keepsake: Keepsake, each: (Event) -> Unit, during: () -> T): T {
        val scope = CoroutineScope(Dispatchers.Default)
        scope.launch { keepsake.events.collect { each(it) } }
        try {
            return during()
        } finally {
            scope.cancel()
        }
    }

    private fun Semaphore.acquireInTime() = assertTrue("it never came", tryAcquire(30, SECONDS))
}
