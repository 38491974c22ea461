package app.keepsake

import app.keepsake.core.Asset
import app.keepsake.core.Deletion
import app.keepsake.core.Original
import app.keepsake.core.PortException
import app.keepsake.core.PourInto
import java.io.Closeable

/**
 * The photos of this device, as Keepsake asks for them.
 *
 * All functions are called on threads of Keepsake's own, several at once, and may block. Each says why it
 * cannot do what it is asked for with a [PortException]. Anything else that is thrown is a mistake of the
 * library: the item that it was about is named with [app.keepsake.core.Fault.HOST_FAULT], and the backup
 * goes on.
 */
interface PhotoLibrary {
    /**
     * Walks the library, newest or oldest first as is cheaper, and gives every asset to [page], at most
     * 1,000 at once. [page] waits until they are stored, and throws [PortException.Stopped] when nothing
     * more is wanted.
     *
     * What an exception leaves unseen is not taken for deleted. [PortException.NoAccess] and
     * [PortException.DeviceLocked] are conditions of the whole library: the backup waits until the fact is told
     * that ends them.
     */
    fun scan(page: (List<Asset>) -> Unit): ScanEnd

    /** Opens an original that the scan called seekable, for reading from its start. */
    fun open(original: Original): Descriptor

    /** The version of an original now: asked after its last byte was read. */
    fun version(original: Original): ULong

    /**
     * Pours an original that is not seekable, or lies in a cloud, into the pipe of [into], and closes the
     * pipe. To return is to say that all bytes were written.
     *
     * [PortException.NetworkNeeded] if it has to be downloaded and [mayUseNetwork] is false.
     */
    fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto): Unit =
        throw PortException.Unsupported()

    /**
     * Reads the versions of these assets once more, then opens the system's dialog for deleting them, and
     * returns. The answer is [app.keepsake.core.Fact.FreeUpAnswered].
     */
    fun propose(deletion: Deletion): Unit = throw PortException.Unsupported()
}

/** How a walk through the library ended. */
data class ScanEnd(
    /** The user lets us see a part: what is absent is out of sight, not gone. */
    val limited: Boolean = false,
    /** Beginnings of the ids that could not be looked for, such as those on a card that was taken out. */
    val hidden: List<String> = emptyList(),
)

/** A file that is open, until somebody takes it over. */
interface Descriptor : Closeable {
    /** Gives up the descriptor: whoever calls this closes it. */
    fun detach(): Int

    /** Closes it, unless it was given up: when nobody waits for it any more. */
    override fun close()
}
