package app.keepsake.android

import android.app.PendingIntent
import android.content.ClipData
import android.content.ContentProvider
import android.content.ContentResolver.QUERY_ARG_LIMIT
import android.content.ContentResolver.QUERY_ARG_SORT_COLUMNS
import android.content.ContentResolver.QUERY_ARG_SQL_SELECTION
import android.content.ContentResolver.QUERY_ARG_SQL_SELECTION_ARGS
import android.content.ContentValues
import android.content.Intent
import android.content.pm.ProviderInfo
import android.content.res.AssetFileDescriptor
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.Bundle
import android.os.CancellationSignal
import android.os.Environment
import android.os.ParcelFileDescriptor
import android.os.Process
import android.os.storage.StorageManager
import android.os.storage.StorageVolume
import android.provider.MediaStore
import android.provider.MediaStore.MediaColumns
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.StorageVolumeBuilder
import java.io.File
import java.io.FileNotFoundException

/** The provider behind MediaStore, as far as we ask it. */
class FakeMediaStore : ContentProvider() {
    /** A photo or a video on a volume. */
    data class Item(
        val number: Long,
        val file: File,
        val video: Boolean = false,
        val volume: String = MediaStore.VOLUME_EXTERNAL_PRIMARY,
        val taken: Long? = 1_767_225_600_000,
        val album: String? = "Camera",
        val pending: Boolean = false,
        val trashed: Boolean = false,
        val favourite: Boolean = false,
        val generation: Long = number,
        val size: Long = file.length(),
        val name: String? = file.name,
    )

    val items = sortedMapOf<Long, Item>()

    /** How many queries there were, and what was opened how. */
    var queries = 0
    val opened = mutableListOf<Pair<Uri, Bundle?>>()
    val generationOf = mutableMapOf<String, Long>()
    var version = "1"
    var onQuery: () -> Unit = {}
    var onOpen: () -> Unit = {}
    var onCall: () -> Unit = {}

    /** Whether its process is dead: then it answers nothing. */
    var isDead = false

    /** What was asked to be deleted, by the system's own dialog. */
    val doomed = mutableListOf<List<Uri>>()
    private val cursors = mutableListOf<Cursor>()
    val openCursors get() = cursors.count { !it.isClosed }

    fun add(item: Item) {
        items[item.number] = item
    }

    override fun query(
        uri: Uri,
        columns: Array<String>?,
        query: Bundle?,
        cancellation: CancellationSignal?,
    ): Cursor? {
        queries++
        onQuery()
        if (isDead) return null
        val volume = uri.pathSegments.first()
        val wanted = query!!.getStringArray(QUERY_ARG_SQL_SELECTION_ARGS)!!.single().toLong()
        val exactly = "_id = ?" in query.getString(QUERY_ARG_SQL_SELECTION)!!
        // In no order that anybody relies on, unless one was asked for.
        val sorted = query.getStringArray(QUERY_ARG_SORT_COLUMNS)?.single() == MediaColumns._ID
        val rows = (if (sorted) items.values else items.values.reversed()).filter { item ->
            item.volume == volume &&
                (if (exactly) item.number == wanted else item.number > wanted) &&
                (!item.pending || query.getInt(MediaStore.QUERY_ARG_MATCH_PENDING) != MediaStore.MATCH_EXCLUDE) &&
                (!item.trashed || query.getInt(MediaStore.QUERY_ARG_MATCH_TRASHED) != MediaStore.MATCH_EXCLUDE)
        }.take(query.getInt(QUERY_ARG_LIMIT))
        return MatrixCursor(columns!!).apply {
            for (item in rows) addRow(columns.map { item.column(it) })
        }.also { cursors += it }
    }

    private fun Item.column(name: String): Any? = when (name) {
        MediaColumns._ID -> number
        MediaColumns.DISPLAY_NAME -> this.name
        MediaColumns.SIZE -> size
        MediaColumns.DATE_TAKEN -> taken
        MediaColumns.DATE_MODIFIED -> file.lastModified() / 1_000
        MediaColumns.GENERATION_MODIFIED -> generation
        MediaStore.Files.FileColumns.MEDIA_TYPE -> if (video) 3 else 1
        MediaColumns.BUCKET_DISPLAY_NAME -> album
        MediaColumns.IS_FAVORITE -> if (favourite) 1 else 0
        else -> error("there is no column $name")
    }

    override fun openTypedAssetFile(uri: Uri, type: String, options: Bundle?): AssetFileDescriptor? {
        opened += uri to options
        onOpen()
        if (isDead) return null
        val item = items[uri.lastPathSegment!!.toLong()] ?: throw FileNotFoundException("$uri")
        val file = ParcelFileDescriptor.open(item.file, ParcelFileDescriptor.MODE_READ_ONLY)
        return AssetFileDescriptor(file, 0, AssetFileDescriptor.UNKNOWN_LENGTH)
    }

    override fun call(method: String, argument: String?, extras: Bundle?): Bundle = Bundle().apply {
        onCall()
        val volume = extras?.getString(Intent.EXTRA_TEXT)
        when (method) {
            "get_version" -> putString(Intent.EXTRA_TEXT, version)
            "get_generation" -> putLong(Intent.EXTRA_INDEX, generationOf[volume] ?: 1)
            "create_delete_request" -> {
                val asked = extras!!.getParcelable("clip_data", ClipData::class.java)!!
                doomed += List(asked.itemCount) { asked.getItemAt(it).uri }
                putParcelable("result", PendingIntent.getActivity(context, 0, Intent(), PendingIntent.FLAG_IMMUTABLE))
            }
            else -> error("there is no method $method")
        }
    }

    override fun onCreate() = true
    override fun query(u: Uri, c: Array<String>?, s: String?, a: Array<String>?, o: String?): Cursor =
        error("the query of old, without a bundle")
    override fun getType(uri: Uri): String? = null
    override fun insert(uri: Uri, values: ContentValues?): Uri? = null
    override fun delete(uri: Uri, selection: String?, arguments: Array<String>?) = 0
    override fun update(uri: Uri, values: ContentValues?, selection: String?, arguments: Array<String>?) = 0

    companion object {
        /** Installs one, on a phone with one volume. */
        fun install(): FakeMediaStore {
            mount(primary)
            return provider()
        }

        val primary: StorageVolume get() = volume("primary").build()
        val card: StorageVolume get() = volume("card").setIsPrimary(false).setFsUuid("ABCD-1234").build()
        val otherCard: StorageVolume get() = volume("other").setIsPrimary(false).setFsUuid("BEEF-5678").build()

        fun mount(vararg volumes: StorageVolume) {
            val storage = shadowOf(RuntimeEnvironment.getApplication().service<StorageManager>())
            storage.resetStorageVolumeList()
            volumes.forEach(storage::addStorageVolume)
        }

        private fun volume(id: String) = StorageVolumeBuilder(
            id,
            Environment.getExternalStorageDirectory(),
            id,
            Process.myUserHandle(),
            Environment.MEDIA_MOUNTED,
        )

        private fun provider(): FakeMediaStore = Robolectric.buildContentProvider(FakeMediaStore::class.java)
            .create(ProviderInfo().apply { authority = MediaStore.AUTHORITY })
            .get()
    }
}
