package app.keepsake.scenarios

import app.keepsake.Descriptor
import app.keepsake.Libc
import app.keepsake.PhotoLibrary
import app.keepsake.ScanEnd
import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Deletion
import app.keepsake.core.Locality
import app.keepsake.core.Media
import app.keepsake.core.Original
import app.keepsake.core.Permission
import app.keepsake.core.PortException
import app.keepsake.core.PourInto
import app.keepsake.core.Resource
import app.keepsake.core.ResourceSize
import app.keepsake.core.Role
import app.keepsake.core.SizeClass
import java.io.File
import java.util.TreeMap
import java.util.concurrent.ConcurrentLinkedQueue

/** The photos of a story's phone; [folder] is for what is open. */
internal class ScenarioLibrary(private val folder: File, private val calls: Calls) : PhotoLibrary {
    private data class Photo(
        val bytes: ByteArray,
        val version: Long,
        val lies: Lies,
        val served: Served,
        val role: Role,
        val asset: String,
        val taken: Long,
        val private: Boolean,
    )

    private val photos = TreeMap<String, Photo>()
    private val trash = TreeMap<String, Photo>()
    private var shot = NEW_YEAR
    private var proposed: Deletion? = null

    /** What the user lets us see. */
    @Volatile var access = Permission.FULL

    /** Whether the cloud does not answer. */
    @Volatile var cloudIsAway = false

    /** Whether what is poured ends in the middle. */
    @Volatile var poursEnd = false

    /** Bytes that it takes on the phone's disk. */
    val onThePhone: ULong
        @Synchronized get() =
            (photos.values + trash.values).filter { it.lies.onThePhone }.sumOf { it.bytes.size.toULong() }

    /** The bytes of every file that is there now. */
    val files: Map<String, ByteArray> @Synchronized get() = photos.mapValues { it.value.bytes }

    /** The user takes pictures. */
    @Synchronized
    fun shoot(photos: Photos) = photos.each().forEach { one ->
        shot += 60_000
        val role = if (VIDEO.containsMatchIn(one.name)) Role.VIDEO else Role.PHOTO
        val bytes = bytes(one.sameAs ?: one.name, 1, one.size)
        val photo = Photo(bytes, 1, one.lies, one.served, role, one.name, shot, one.private)
        val besides = listOf(one.moves to Role.PAIRED_VIDEO, one.raw to Role.ALTERNATE_PHOTO)
        for ((name, role) in besides) {
            if (name != null) this.photos[name] = photo.copy(bytes = bytes(name, 1, one.size), role = role)
        }
        this.photos[one.name] = photo
    }

    /** The user edits one: other bytes. */
    @Synchronized
    fun edit(name: String) {
        photos.computeIfPresent(name) { _, photo ->
            val version = photo.version + 1
            photo.copy(bytes = bytes(name, version, photo.bytes.size), version = version, lies = Lies.ON_THE_PHONE)
        }
    }

    /** The user deletes an asset: into Recently Deleted. */
    @Synchronized
    fun delete(asset: String) {
        val doomed = photos.filterValues { it.asset == asset }
        photos -= doomed.keys
        trash += doomed
    }

    /** The user empties Recently Deleted. */
    @Synchronized
    fun emptyTrash() = trash.clear()

    /** The user's answer to what was proposed last, which is given back. */
    @Synchronized
    fun answer(letsGo: Boolean): Deletion {
        val proposal = checkNotNull(proposed) { "nothing was proposed" }
        proposed = null
        if (letsGo) proposal.assets.forEach { delete(it.id) }
        return proposal
    }

    override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
        val limited: Boolean
        val assets = synchronized(this) {
            calls.note("scan")
            if (access == Permission.DENIED) throw PortException.NoAccess()
            limited = access == Permission.LIMITED
            val shown = photos.entries.filterNot { limited && it.value.private }
            shown.groupByTo(TreeMap()) { it.value.asset }.map { (id, files) ->
                asset(id, files.first().value.taken, files.map { resource(it.key, it.value) })
            }
        }
        page(assets)
        return ScanEnd(limited)
    }

    override fun open(original: Original): Descriptor {
        val photo = serve(original, network = false, "open")
        val file = File.createTempFile("original", null, folder)
        try {
            file.writeBytes(photo.bytes)
            return Opened(Libc.open(file.path, 0))
        } finally {
            file.delete()
        }
    }

    @Synchronized
    override fun version(original: Original): ULong =
        photos[original.id]?.version?.toULong() ?: throw PortException.Deleted()

    override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) {
        val photo = serve(original, mayUseNetwork, if (mayUseNetwork) "fetch" else "pour")
        val breaksOff = poursEnd
        val pipe = into.takePipe()
        try {
            var left = if (breaksOff) photo.bytes.copyOf(photo.bytes.size / 2) else photo.bytes
            while (left.isNotEmpty()) {
                val written = Libc.write(pipe, left, left.size.toLong())
                if (written < 0) throw PortException.Stopped()
                left = left.copyOfRange(written.toInt(), left.size)
            }
        } finally {
            Libc.close(pipe)
        }
        if (breaksOff) throw PortException.DownloadFailed()
    }

    @Synchronized
    override fun propose(deletion: Deletion) {
        calls.note("propose ${deletion.assets.joinToString(" ") { it.id }} (${deletion.frees} B)")
        proposed = deletion
    }

    /** What the platform gives, or why not. */
    @Synchronized
    private fun serve(original: Original, network: Boolean, call: String): Photo {
        val photo = photos[original.id]
        val refused = when {
            photo == null -> PortException.Deleted()
            access == Permission.DENIED -> PortException.NoAccess()
            access == Permission.LIMITED && photo.private -> PortException.OutOfSight()
            photo.version.toULong() != original.version -> PortException.Changed()
            !photo.lies.onThePhone && !network -> PortException.NetworkNeeded()
            !photo.lies.onThePhone && cloudIsAway -> PortException.DownloadFailed()
            else -> null
        }
        calls.note("$call ${original.id}" + refused?.let { ": ${Words.name(it)}" }.orEmpty())
        return if (refused == null) photo!! else throw refused
    }

    private fun asset(id: String, taken: Long, resources: List<Resource>) = Asset(
        id = id,
        taken = taken,
        favourite = false,
        albums = emptyList(),
        crossDeviceId = null,
        chosen = true,
        resources = resources,
    )

    private fun resource(name: String, photo: Photo): Resource {
        val bytes = photo.bytes.size.toULong()
        val locality = when (photo.lies) {
            Lies.ON_THE_PHONE -> Locality.LOCAL
            Lies.IN_THE_CLOUD -> Locality.CLOUD
            Lies.SOMEWHERE_ON_THE_PHONE, Lies.SOMEWHERE_IN_THE_CLOUD -> Locality.UNKNOWN
        }
        return Resource(
            id = name,
            role = photo.role,
            media = if (photo.role == Role.VIDEO) Media.VIDEO else Media.PHOTO,
            name = name,
            size = when {
                locality != Locality.UNKNOWN -> ResourceSize.Exact(bytes)
                photo.role == Role.VIDEO || photo.role == Role.PAIRED_VIDEO ->
                    ResourceSize.Hinted(SizeClass.VIDEO, bytes / 2_000uL)
                else -> ResourceSize.Hinted(SizeClass.HEIF, bytes * 4uL)
            },
            version = photo.version.toULong(),
            locality = locality,
            access = if (photo.served == Served.POURED) Access.POURED else Access.SEEKABLE,
            modified = photo.taken * 1_000_000,
        )
    }

    private class Opened(private val number: Int) : Descriptor {
        override fun detach() = number

        override fun close() {
            Libc.close(number)
        }
    }

    companion object {
        /** 2026-01-01 in UTC. */
        private const val NEW_YEAR = 1_767_225_600_000L
        private val VIDEO = Regex("""\.(mov|mp4)$""", RegexOption.IGNORE_CASE)

        /** The bytes of a version of a photo: no two alike. */
        fun bytes(name: String, version: Long, size: Int): ByteArray {
            var state = version
            for (byte in name.encodeToByteArray()) state = (state * 0x0100_0000_01b3) xor (byte.toLong() and 0xff)
            val made = ByteArray(size)
            byteArrayOf(0xff.toByte(), 0xd8.toByte(), 0xff.toByte(), 0xe0.toByte()).copyInto(made, 0, 0, minOf(4, size))
            var at = 4
            while (at < size) {
                state = state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407
                for (byte in 3..7) if (at < size) made[at++] = (state ushr (8 * byte)).toByte()
            }
            return made
        }
    }
}

/** The calls that the host receives, in their order. */
internal class Calls {
    private val noted = ConcurrentLinkedQueue<String>()

    fun note(call: String) {
        noted += "call $call"
    }

    /** Those that came since the last time. */
    fun taken(): List<String> = generateSequence(noted::poll).toList()
}
