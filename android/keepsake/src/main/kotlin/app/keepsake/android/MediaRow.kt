package app.keepsake.android

import android.content.ContentUris
import android.database.Cursor
import android.net.Uri
import android.provider.MediaStore
import android.provider.MediaStore.Files.FileColumns
import android.provider.MediaStore.MediaColumns
import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Locality
import app.keepsake.core.Media
import app.keepsake.core.Resource
import app.keepsake.core.ResourceSize
import app.keepsake.core.Role
import java.util.concurrent.TimeUnit.SECONDS

/** Where MediaStore keeps something: `external_primary/4711`. What the core calls an id. */
internal data class MediaId(val volume: String, val number: Long) {
    override fun toString() = "$volume/$number"

    fun uri(media: Media): Uri = ContentUris.withAppendedId(
        when (media) {
            Media.PHOTO -> MediaStore.Images.Media.getContentUri(volume)
            Media.VIDEO -> MediaStore.Video.Media.getContentUri(volume)
        },
        number,
    )

    companion object {
        fun of(id: String) = MediaId(id.substringBeforeLast('/'), id.substringAfterLast('/').toLong())

        /** How the ids of a volume begin. */
        fun beginning(volume: String) = "$volume/"
    }
}

/** One row of MediaStore: a photo or a video. */
internal class MediaRow(private val volume: Volume, row: Cursor) {
    val id = MediaId(volume.name, row.getLong(0))
    private val name: String = row.getString(1) ?: id.toString()
    private val size = row.getLong(2)
    private val taken = if (row.isNull(3)) null else row.getLong(3)
    private val modified = row.getLong(4)
    private val generation = row.getLong(5)
    val media = if (row.getInt(6) == FileColumns.MEDIA_TYPE_VIDEO) Media.VIDEO else Media.PHOTO
    val album: String? = row.getString(7)
    private val favourite = row.getInt(8) != 0

    /** A row that some makers leave behind for what is in their cloud only: there is nothing to back up. */
    val isStub get() = size <= 0

    /**
     * Changes when the bytes may have changed. The generation does at every change of the row, so a photo
     * that becomes a favourite is read once more; an edit in the second of the last one would be missed
     * without it. A database that was built anew numbers everything anew: then nothing is known any more.
     */
    val version: ULong
        get() = listOf(size, modified, generation).fold(volume.version.hashed()) { hash, part -> hash.with(part) }

    fun asset(chosen: (album: String?) -> Boolean) = Asset(
        id = id.toString(),
        taken = taken ?: SECONDS.toMillis(modified),
        favourite = favourite,
        albums = listOfNotNull(album),
        crossDeviceId = null,
        chosen = chosen(album),
        resources = listOf(
            Resource(
                id = id.toString(),
                role = if (media == Media.VIDEO) Role.VIDEO else Role.PHOTO,
                media = media,
                name = name,
                size = ResourceSize.Exact(size.toULong()),
                version = version,
                locality = Locality.LOCAL,
                access = Access.SEEKABLE,
                modified = SECONDS.toNanos(modified),
            ),
        ),
    )

    companion object {
        /** In the order in which the constructor reads them. */
        val COLUMNS = arrayOf(
            MediaColumns._ID,
            MediaColumns.DISPLAY_NAME,
            MediaColumns.SIZE,
            MediaColumns.DATE_TAKEN,
            MediaColumns.DATE_MODIFIED,
            MediaColumns.GENERATION_MODIFIED,
            FileColumns.MEDIA_TYPE,
            MediaColumns.BUCKET_DISPLAY_NAME,
            MediaColumns.IS_FAVORITE,
        )
    }
}

/** A volume as MediaStore knows it: its database has another [version] when it was built anew. */
internal data class Volume(val name: String, val version: String)

// FNV-1a: the same in every version of the app, which `hashCode` promises only for some types.
private const val FNV_BASIS = 0xcbf29ce484222325uL
private const val FNV_PRIME = 0x100000001b3uL

private fun String.hashed() = encodeToByteArray().fold(FNV_BASIS) { hash, byte -> hash.with(byte.toLong()) }

private fun ULong.with(part: Long) =
    (0 until Long.SIZE_BITS step Byte.SIZE_BITS).fold(this) { hash, shift ->
        (hash xor ((part shr shift).toULong() and 0xffuL)) * FNV_PRIME
    }
