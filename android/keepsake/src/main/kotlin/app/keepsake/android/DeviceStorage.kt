package app.keepsake.android

import android.content.Context
import android.os.storage.StorageManager
import app.keepsake.core.PortException
import app.keepsake.core.Space
import app.keepsake.core.Storage
import java.io.File
import java.io.IOException

/**
 * Free space as the system counts it: what it would make room for by deleting other apps' caches is free.
 */
class DeviceStorage(private val folder: File, private val allocatable: Allocatable) : Storage {
    constructor(context: Context) : this(context.filesDir, StorageManagerAllocatable(context))

    override fun space(): Space = try {
        Space(available = allocatable.bytes(folder).toULong(), total = folder.totalSpace.toULong())
    } catch (_: IOException) {
        // The core then asks the file system itself.
        throw PortException.Unsupported()
    }
}

/** How many bytes may be written below a folder. */
fun interface Allocatable {
    /** Now, for this app. */
    @Throws(IOException::class)
    fun bytes(folder: File): Long
}

private class StorageManagerAllocatable(context: Context) : Allocatable {
    private val storage = context.service<StorageManager>()

    override fun bytes(folder: File): Long = storage.getAllocatableBytes(storage.getUuidForPath(folder))
}
