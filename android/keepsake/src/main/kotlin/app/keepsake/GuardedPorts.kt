package app.keepsake

import app.keepsake.core.Deletion
import app.keepsake.core.HostPorts
import app.keepsake.core.Original
import app.keepsake.core.PourInto
import app.keepsake.core.ScanPages
import app.keepsake.core.Space
import app.keepsake.core.Storage
import app.keepsake.core.Transfer
import app.keepsake.core.Transfers

private typealias CoreLibrary = app.keepsake.core.PhotoLibrary

/** The ports as the core calls them. */
internal fun PortCalls.guarded(ports: Ports) = HostPorts(
    GuardedLibrary(this),
    ports.transfers?.let { GuardedTransfers(this) },
    ports.storage?.let { GuardedStorage(this) },
)

private class GuardedLibrary(private val calls: PortCalls) : CoreLibrary {
    // Let go of without an end, a scan counts as cut short: that is what an exception means.
    override fun scan(pages: ScanPages) = calls.longer(pages) {
        val end = library.scan { page ->
            calls.ensureAwaited()
            pages.page(page)
        }
        calls.ensureAwaited()
        pages.finished(end.limited, end.hidden)
    }

    override fun open(original: Original): Int {
        val opened = calls.soon(tooLate = Descriptor::close) { library.open(original) }
        return calls.ending {
            try {
                opened.detach()
            } catch (mistake: Throwable) {
                opened.close()
                throw mistake
            }
        }
    }

    override fun version(original: Original): ULong = calls.soon { library.version(original) }

    override fun pour(original: Original, mayUseNetwork: Boolean, into: PourInto) = calls.longer(into) {
        library.pour(original, mayUseNetwork, into)
        into.finished()
    }

    override fun propose(deletion: Deletion) = calls.soon { library.propose(deletion) }
}

private class GuardedTransfers(private val calls: PortCalls) : Transfers {
    override fun handOver(transfer: Transfer) = calls.soon { transfers!!.handOver(transfer) }

    override fun cancel(resource: Long) = calls.soon { transfers!!.cancel(resource) }
}

private class GuardedStorage(private val calls: PortCalls) : Storage {
    override fun space(): Space = calls.soon { storage!!.space() }
}
