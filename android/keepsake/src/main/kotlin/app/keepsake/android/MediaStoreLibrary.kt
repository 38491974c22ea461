package app.keepsake.android

import android.app.PendingIntent
import android.content.Context
import android.net.Uri
import android.os.Bundle
import android.os.ParcelFileDescriptor
import android.provider.MediaStore
import app.keepsake.Descriptor
import app.keepsake.PhotoLibrary
import app.keepsake.ScanEnd
import app.keepsake.core.Asset
import app.keepsake.core.Deletion
import app.keepsake.core.Media
import app.keepsake.core.Original
import app.keepsake.core.Permission
import app.keepsake.core.PortException
import app.keepsake.core.Role
import java.io.FileNotFoundException

/**
 * The photos and videos in MediaStore, on every volume that is mounted. What is pending or in the trash is
 * not there.
 *
 * An original is opened as it was shot, with the place where it was taken and without transcoding, or not
 * at all: a refusal is a hold, never a backup of something else.
 *
 * @param chosen whether an album (a folder, by its name) is to be backed up.
 * @param askToDelete shows the system's dialog for deleting, from an activity. When it was answered, tell
 *   [app.keepsake.core.Fact.FreeUpAnswered] with what is [deleted].
 */
class MediaStoreLibrary(
    context: Context,
    private val chosen: (album: String?) -> Boolean = { true },
    private val askToDelete: ((Deletion, PendingIntent) -> Unit)? = null,
) : PhotoLibrary {
    private val context = context.applicationContext
    private val rows = MediaRows(this.context)

    override fun scan(page: (List<Asset>) -> Unit): ScanEnd {
        val access = context.mediaAccess()
        if (access == Permission.DENIED) throw PortException.NoAccess()
        val hidden = mutableListOf<String>()
        for (volume in rows.knownVolumes()) {
            try {
                hidden += scan(volume, page)
            } catch (_: PortException.OutOfSight) {
                hidden += MediaId.beginning(volume)
            }
        }
        // What was taken away while we looked shows less than it has.
        return ScanEnd(limited = access == Permission.LIMITED || context.mediaAccess() != access, hidden)
    }

    /** Gives the ids of what cannot be backed up now, though it is there. */
    private fun scan(name: String, page: (List<Asset>) -> Unit): List<String> {
        val stubs = mutableListOf<String>()
        val volume = rows.volume(name)
        rows.all(volume) { some ->
            stubs += some.filter { it.isStub }.map { it.id.toString() }
            page(some.filterNot { it.isStub }.map { it.asset(chosen) })
        }
        if (rows.volume(name) != volume) throw PortException.SourceUnavailable()
        return stubs
    }

    override fun open(original: Original): Descriptor {
        if (version(original) != original.version) throw PortException.Changed()
        val uri = MediaStore.setRequireOriginal(MediaId.of(original.id).uri(original.media))
        val asShot = Bundle().apply { putBoolean(MediaStore.EXTRA_ACCEPT_ORIGINAL_MEDIA_FORMAT, true) }
        return try {
            val opened = context.contentResolver.openTypedAssetFileDescriptor(uri, ANY, asShot)
            Opened(opened?.parcelFileDescriptor ?: throw PortException.SourceUnavailable())
        } catch (_: FileNotFoundException) {
            throw PortException.OriginalMissing()
        } catch (_: SecurityException) {
            throw refused()
        } catch (_: UnsupportedOperationException) {
            // How a provider says that it would have to leave out the place.
            throw PortException.NoAccess()
        }
    }

    override fun version(original: Original): ULong = row(original.id).version

    override fun propose(deletion: Deletion) {
        val ask = askToDelete ?: throw PortException.Unsupported()
        val unchanged = deletion.assets.filter { doomed ->
            doomed.resources.all { expected -> rows.find(MediaId.of(expected.id))?.version == expected.version }
        }
        if (unchanged.isEmpty()) throw PortException.Changed()
        val uris: List<Uri> = unchanged.flatMap { it.resources }.mapNotNull { expected ->
            rows.find(MediaId.of(expected.id))?.run { id.uri(media) }
        }
        ask(deletion.copy(assets = unchanged), MediaStore.createDeleteRequest(context.contentResolver, uris))
    }

    /** The assets of [deletion] that are gone now. */
    fun deleted(deletion: Deletion): List<Long> = deletion.assets.filter { isGone(it.id) }.map { it.asset }

    private fun isGone(id: String) = try {
        rows.find(MediaId.of(id)) == null
    } catch (_: PortException) {
        // Out of sight is not gone; the next scan decides.
        false
    }

    private fun row(id: String): MediaRow {
        if (context.mediaAccess() == Permission.DENIED) throw PortException.NoAccess()
        return rows.find(MediaId.of(id)) ?: throw when (context.mediaAccess()) {
            Permission.FULL -> PortException.Deleted()
            Permission.LIMITED -> PortException.OutOfSight()
            Permission.DENIED -> PortException.NoAccess()
        }
    }

    private fun refused() = when (context.mediaAccess()) {
        Permission.FULL -> PortException.Unreadable()
        Permission.LIMITED -> PortException.OutOfSight()
        Permission.DENIED -> PortException.NoAccess()
    }

    private val Original.media get() = if (role == Role.VIDEO) Media.VIDEO else Media.PHOTO

    private class Opened(private val opened: ParcelFileDescriptor) : Descriptor {
        override fun detach(): Int = opened.detachFd()

        override fun close() = opened.close()
    }

    private companion object {
        const val ANY = "*/*"
    }
}
