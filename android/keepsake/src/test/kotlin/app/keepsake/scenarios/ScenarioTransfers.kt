package app.keepsake.scenarios

import app.keepsake.core.Fact
import app.keepsake.core.Outcome
import app.keepsake.core.Transfer
import app.keepsake.core.Transfers
import app.keepsake.core.VirtualPhone
import java.util.TreeMap

/** What the OS has of ours, whether our program runs or not. */
internal class ScenarioTransfers(private val calls: Calls) : Transfers {
    private val underWay = TreeMap<Long, Transfer>()
    private val ended = TreeMap<Long, Outcome>()

    @Synchronized
    override fun handOver(transfer: Transfer) {
        calls.note("hand over ${transfer.url}, ${if (transfer.mayUseMetered) "any network" else "unmetered only"}")
        ended -= transfer.resource
        underWay[transfer.resource] = transfer
    }

    @Synchronized
    override fun cancel(resource: Long) {
        calls.note("cancel transfer $resource")
        if (underWay.remove(resource) != null) ended[resource] = Outcome.Cancelled
    }

    /** Our program is deleted: its transfers go with it. */
    @Synchronized
    fun uninstalled() {
        underWay.clear()
        ended.clear()
    }

    /** The OS ends all that may go over this network. */
    @Synchronized
    fun send(network: Fact.Network, phone: VirtualPhone) {
        val going = underWay.filterValues { network.online && (!network.metered || it.mayUseMetered) }
        underWay -= going.keys
        for ((resource, transfer) in going) {
            val taken = phone.takes(transfer.file, transfer.url)
            ended[resource] = if (taken) Outcome.Delivered else Outcome.Failed(0uL)
        }
    }

    /** Which are under way. */
    @Synchronized
    fun found(): List<Fact> = underWay.keys.map(Fact::TransferFound)

    /** How those ended of which no program was told yet. */
    @Synchronized
    fun takeEnded(): List<Fact> =
        ended.map { (resource, outcome) -> Fact.TransferFinished(resource, outcome) }.also { ended.clear() }
}
