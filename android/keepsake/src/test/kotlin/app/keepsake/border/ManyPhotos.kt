package app.keepsake.border

import app.keepsake.Descriptor
import app.keepsake.Libc
import app.keepsake.PhotoLibrary
import app.keepsake.ScanEnd
import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Locality
import app.keepsake.core.Media
import app.keepsake.core.Original
import app.keepsake.core.PourInto
import app.keepsake.core.Resource
import app.keepsake.core.ResourceSize
import app.keepsake.core.Role
import java.io.File

/**
 * A large library of small photos, shown by pages as long as those of MediaStore's. Their bytes are made in
 * [folder] when they are asked for.
 */
class ManyPhotos(
    private val count: Int,
    private val folder: File,
    private val access: Access = Access.SEEKABLE,
    private val afterPage: () -> Unit = {},
) : PhotoLibrary {
    override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
        (0 until count).chunked(PAGE).forEach { numbers ->
            page(numbers.map(::asset))
            afterPage()
        }
        return ScanEnd()
    }

    override fun open(original: Original): Descriptor {
        val file = folder.resolve(original.id).apply { writeText(original.id) }
        return object : Descriptor {
            private val number = Libc.open(file.path, 0)
            override fun detach() = number
            override fun close() {
                Libc.close(number)
            }
        }
    }

    override fun version(original: Original): ULong = 1uL

    override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) {
        val pipe = into.takePipe()
        val bytes = original.id.toByteArray()
        Libc.write(pipe, bytes, bytes.size.toLong())
        Libc.close(pipe)
    }

    private fun asset(number: Int): Asset {
        val name = "IMG_%06d.JPG".format(number)
        val size = ResourceSize.Exact(name.length.toULong())
        val file = Resource(name, Role.PHOTO, Media.PHOTO, name, size, 1uL, Locality.LOCAL, access, null)
        return Asset(name, FIRST + number, false, emptyList(), null, true, listOf(file))
    }

    companion object {
        /** As MediaStoreLibrary shows them. */
        const val PAGE = 500
        private const val FIRST = 1_767_225_600_000L
    }
}
