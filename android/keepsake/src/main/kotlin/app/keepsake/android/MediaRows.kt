package app.keepsake.android

import android.content.ContentResolver.QUERY_ARG_LIMIT
import android.content.ContentResolver.QUERY_ARG_SORT_COLUMNS
import android.content.ContentResolver.QUERY_ARG_SQL_SELECTION
import android.content.ContentResolver.QUERY_ARG_SQL_SELECTION_ARGS
import android.content.Context
import android.os.Bundle
import android.provider.MediaStore
import android.provider.MediaStore.Files.FileColumns
import android.provider.MediaStore.MATCH_EXCLUDE
import android.provider.MediaStore.MediaColumns
import app.keepsake.core.PortException

/** Queries of MediaStore. */
internal class MediaRows(private val context: Context) {
    private val resolver = context.contentResolver
    private val known = context.getSharedPreferences("keepsake-volumes", Context.MODE_PRIVATE)

    /** The volumes that are mounted, and those that ever were: a card that was taken out comes back. */
    fun knownVolumes(): Set<String> {
        val mounted = MediaStore.getExternalVolumeNames(context)
        val before = known.getStringSet(VOLUMES, emptySet()).orEmpty()
        if (!before.containsAll(mounted)) known.edit().putStringSet(VOLUMES, before + mounted).apply()
        return before + mounted
    }

    /** A volume as it is now; [PortException.OutOfSight] if it is not mounted. */
    fun volume(name: String): Volume {
        if (name !in MediaStore.getExternalVolumeNames(context)) throw PortException.OutOfSight()
        return Volume(name, provided(name) { MediaStore.getVersion(context, name) })
    }

    /** How far the changes of all mounted volumes have been counted. */
    fun generations(): Map<Volume, Long> = MediaStore.getExternalVolumeNames(context)
        .associate { name -> volume(name) to provided(name) { MediaStore.getGeneration(context, name) } }

    /** All photos and videos of a volume, some at a time: no cursor stays open while they are stored. */
    fun all(volume: Volume, some: (List<MediaRow>) -> Unit) {
        var last = -1L
        do {
            val rows = rows(volume, "$PHOTOS_AND_VIDEOS AND ${MediaColumns._ID} > ?", last)
            if (rows.isNotEmpty()) some(rows)
            last = rows.lastOrNull()?.id?.number ?: last
        } while (rows.size == PAGE)
    }

    /** One of them, if it can be seen. */
    fun find(id: MediaId): MediaRow? =
        rows(volume(id.volume), "$PHOTOS_AND_VIDEOS AND ${MediaColumns._ID} = ?", id.number).singleOrNull()

    private fun rows(volume: Volume, selection: String, number: Long): List<MediaRow> {
        val query = Bundle().apply {
            putString(QUERY_ARG_SQL_SELECTION, selection)
            putStringArray(QUERY_ARG_SQL_SELECTION_ARGS, arrayOf(number.toString()))
            putStringArray(QUERY_ARG_SORT_COLUMNS, arrayOf(MediaColumns._ID))
            putInt(QUERY_ARG_LIMIT, PAGE)
            putInt(MediaStore.QUERY_ARG_MATCH_PENDING, MATCH_EXCLUDE)
            putInt(MediaStore.QUERY_ARG_MATCH_TRASHED, MATCH_EXCLUDE)
        }
        val uri = MediaStore.Files.getContentUri(volume.name)
        val cursor = provided(volume.name) { resolver.query(uri, MediaRow.COLUMNS, query, null) }
        return cursor.use { buildList { while (it.moveToNext()) add(MediaRow(volume, it)) } }
    }

    /** What the provider answers about a volume. Nothing: it died, and comes back. */
    private fun <T> provided(volume: String, answer: () -> T?): T = try {
        answer() ?: throw PortException.SourceUnavailable()
    } catch (_: SecurityException) {
        throw PortException.NoAccess()
    } catch (mistake: IllegalArgumentException) {
        // How it says that the volume was taken out just now; and that we asked nonsense.
        if (volume in MediaStore.getExternalVolumeNames(context)) throw mistake
        throw PortException.OutOfSight()
    }

    private companion object {
        const val PAGE = 500
        const val VOLUMES = "volumes"
        const val PHOTOS_AND_VIDEOS = "${FileColumns.MEDIA_TYPE} IN " +
            "(${FileColumns.MEDIA_TYPE_IMAGE}, ${FileColumns.MEDIA_TYPE_VIDEO})"
    }
}
