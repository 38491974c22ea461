package app.keepsake.border

import app.keepsake.Descriptor
import app.keepsake.Keepsake
import app.keepsake.PhotoLibrary
import app.keepsake.Ports
import app.keepsake.ScanEnd
import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.core.Locality
import app.keepsake.core.Media
import app.keepsake.core.Original
import app.keepsake.core.Permission
import app.keepsake.core.PortException
import app.keepsake.core.Resource
import app.keepsake.core.ResourceSize
import app.keepsake.core.Role
import app.keepsake.core.VaultPlace
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlin.io.path.createTempDirectory
import kotlin.time.TimeSource

/** The same as `ffi/examples/first_scan.rs`, by a host that is written in Kotlin. For `./bench border`. */
fun main(words: Array<String>) {
    val (assets, scans) = words.map { it.toInt() }
    repeat(scans) { println("%.3f".format(runBlocking { secondsOfScan(assets) })) }
}

private suspend fun secondsOfScan(assets: Int): Double {
    val folder = createTempDirectory().toFile()
    val vault = VaultPlace.Folder(folder.resolve("vault").path, 0uL)
    val keepsake = Keepsake.open(folder.resolve("state"), vault, Ports(Photos(assets)))
    keepsake.pause()
    val begun = TimeSource.Monotonic.markNow()
    keepsake.start()
    keepsake.tell(
        Fact.LibraryAccess(Permission.FULL),
        Fact.Locked(false),
        Fact.TransfersReported,
        Fact.WindowOpened(null),
    )
    val end = keepsake.events.first { it is Event.ScanFinished }
    val took = begun.elapsedNow()
    check(end == Event.ScanFinished(complete = true, changed = assets.toULong()))
    keepsake.stop()
    folder.deleteRecursively()
    return took.inWholeMilliseconds / 1000.0
}

private class Photos(private val count: Int) : PhotoLibrary {
    override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
        for (first in 0 until count step 1_000) page((first until minOf(first + 1_000, count)).map(::asset))
        return ScanEnd()
    }

    override fun open(original: Original): Descriptor = throw PortException.Unsupported()

    override fun version(original: Original): ULong = throw PortException.Unsupported()

    private fun asset(number: Int): Asset {
        val id = padded(number, 8) + "-0000-4000-8000-KEEPSAKE/L0/001"
        val resource = Resource(
            id = id,
            role = Role.PHOTO,
            media = Media.PHOTO,
            name = "IMG_" + padded(number, 6) + ".HEIC",
            size = ResourceSize.Exact(2_000_000uL + number.toULong()),
            version = number.toULong(),
            locality = Locality.LOCAL,
            access = Access.SEEKABLE,
            modified = null,
        )
        return Asset(
            id = id,
            taken = 1_767_225_600_000 + number * 60_000L,
            favourite = false,
            albums = listOf("Summer"),
            crossDeviceId = null,
            chosen = true,
            resources = listOf(resource),
        )
    }

    private fun padded(number: Int, digits: Int) = number.toString().padStart(digits, '0')
}
