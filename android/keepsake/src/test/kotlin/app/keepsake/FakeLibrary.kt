package app.keepsake

import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Locality
import app.keepsake.core.Media
import app.keepsake.core.Original
import app.keepsake.core.PortException
import app.keepsake.core.PourInto
import app.keepsake.core.Resource
import app.keepsake.core.ResourceSize
import app.keepsake.core.Role
import java.io.File
import java.util.concurrent.atomic.AtomicInteger

/**
 * A photo library in a folder. Tests that want one with bad manners override what is to misbehave.
 */
open class FakeLibrary(private val folder: File, private val access: Access = Access.SEEKABLE) : PhotoLibrary {
    /** Descriptors that were opened and neither closed nor given up. */
    val leaked = AtomicInteger()

    private val photos get() = folder.listFiles().orEmpty().sortedBy { it.name }

    /** Shoots so many photos; each has bytes of its own. */
    fun shoot(count: Int): List<File> = List(count) {
        val number = photos.size + 1
        val name = "IMG_%04d.JPG".format(number)
        folder.resolve(name).apply { writeBytes(ByteArray(BYTES) { (it * number).toByte() }) }
    }

    override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
        photos.map { asset(it) }.chunked(2).forEach(page)
        return ScanEnd()
    }

    override fun open(original: Original): Descriptor = Opened(Libc.open(file(original).path, 0))

    override fun version(original: Original): ULong = version(file(original))

    override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) {
        val pipe = into.takePipe()
        try {
            val bytes = file(original).readBytes()
            if (Libc.write(pipe, bytes, bytes.size.toLong()) < 0) throw PortException.Stopped()
        } finally {
            Libc.close(pipe)
        }
    }

    protected fun asset(photo: File) = Asset(
        id = photo.name,
        taken = SHOT + photo.nameWithoutExtension.removePrefix("IMG_").toLong(),
        favourite = false,
        albums = emptyList(),
        crossDeviceId = null,
        chosen = true,
        resources = listOf(
            Resource(
                id = photo.name,
                role = Role.PHOTO,
                media = Media.PHOTO,
                name = photo.name,
                size = ResourceSize.Exact(photo.length().toULong()),
                version = version(photo),
                locality = Locality.LOCAL,
                access = access,
                modified = null,
            ),
        ),
    )

    private fun version(photo: File) = photo.lastModified().toULong()

    private fun file(original: Original): File {
        val photo = folder.resolve(original.id)
        if (!photo.exists()) throw PortException.Deleted()
        return photo
    }

    private inner class Opened(private val number: Int) : Descriptor {
        init {
            leaked.incrementAndGet()
        }

        override fun detach(): Int = number.also { leaked.decrementAndGet() }

        override fun close() {
            Libc.close(number)
            leaked.decrementAndGet()
        }
    }

    companion object {
        /** What fits into a pipe at once. */
        private const val BYTES = 30_000

        /** 2026-01-01 in UTC. */
        const val SHOT = 1_767_225_600_000L
    }
}
