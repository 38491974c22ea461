package app.keepsake.scenarios

import app.keepsake.core.Activity
import app.keepsake.core.Class
import app.keepsake.core.Event
import app.keepsake.core.Hold
import app.keepsake.core.Migration
import app.keepsake.core.Status
import app.keepsake.core.Why
import kotlin.time.Duration

/** The words of a trace, as `tests/scenarios/README.md` lists them: enums have the names that Rust has. */
internal object Words {
    /** A time of a trace: hours, minutes, seconds. */
    fun time(millis: Long): String {
        val seconds = millis / 1_000
        return "%d:%02d:%02d".format(seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }

    /** What happens. */
    fun what(what: What): String = when (what) {
        is What.NetworkIs -> "network ${snake(what.network)}"
        is What.PowerIs -> "power ${snake(what.power)}"
        is What.Locked -> "locked ${what.locked}"
        is What.Access -> "access ${name(what.access)}"
        is What.User -> "user ${snake(what.tap)}"
        is What.Shoots -> "shoots ${what.photos.name}"
        is What.Edits -> "edits ${what.name}"
        is What.Deletes -> "deletes ${what.name}"
        is What.EmptiesTrash -> "empties_trash"
        is What.LetsGo -> "lets_go ${what.yes}"
        is What.OthersTake -> "others_take ${what.bytes}"
        is What.Cloud -> "cloud ${snake(what.weather)}"
        is What.Vault -> "vault ${snake(what.mood)}"
        is What.PoursEnd -> "pours_end ${what.end}"
        is What.Forgets -> "forgets ${what.name}"
        is What.Reinstalls -> "reinstalls ${millis(what.time)}"
        is What.Destination -> "destination ${what.name}"
        is What.Killed -> "killed ${millis(what.time)}"
        is What.PowerCut -> "power_cut ${millis(what.time)}"
        is What.PulledOut -> "pulled_out ${millis(what.time)}"
        is What.DisksFail -> "disks_fail ${what.oneIn}"
        is What.OsSends -> "os_sends"
        is What.Chooses -> "settings"
        is What.Window -> "window ${millis(what.lasts)}"
        is What.WindowEnds -> "window_ends"
        is What.TimePasses -> "time_passes"
    }

    /** An event that the host pulled. */
    fun happened(event: Event): String = when (event) {
        is Event.StatusChanged -> status(event.status)
        is Event.ActivityChanged -> "activity ${activity(event.activity)}"
        is Event.HoldsChanged -> "holds ${names(event.holds)}"
        is Event.Advised -> "advice ${name(event.advice)}"
        is Event.Alarmed -> "alarm after ${event.alarm.lasts.seconds} s: ${names(event.alarm.holds)}"
        is Event.Quarantined -> "quarantined ${event.resource}: ${name(event.fault)}"
        is Event.Migrated -> "migration ${migration(event.migration)}"
        is Event.Unexpected -> "unexpected${if (event.late) ", late" else ""}: ${event.detail}"
        is Event.ScanStarted -> "scan started"
        is Event.Scanned -> "scanned ${event.assets}"
        is Event.ScanFinished -> "scan ${if (event.complete) "finished" else "cut short"}, ${event.changed} changed"
        is Event.VaultLost ->
            "vault lost ${event.folders.joinToString(" ")}: ${event.again} again, ${event.only} only there"
        is Event.VaultClosed -> "vault closed in ${event.places.size} places"
        is Event.RecordsLost -> "records lost: ${event.files} files, ${event.again} again"
        is Event.Missed -> "missed ${event.notices}"
    }

    /** A class, and its reason where it has one. */
    fun of(of: Class): String = when (of) {
        is Class.Waiting -> "Waiting ${why(of.v1)}"
        is Class.Quarantined -> "Quarantined ${name(of.v1)}"
        else -> name(of)
    }

    /** `LowBattery` of `LOW_BATTERY`. */
    fun name(of: Enum<*>): String =
        of.name.split('_').joinToString("") { it.lowercase().replaceFirstChar(Char::uppercase) }

    /** `BackingUp` of the object of this name. */
    fun name(of: Any): String = of.javaClass.simpleName

    private fun snake(of: Enum<*>) = of.name.lowercase()

    private fun millis(time: Duration) = time.inWholeMilliseconds

    private fun names(holds: List<Hold>) = if (holds.isEmpty()) "none" else holds.joinToString(" ") { name(it) }

    private fun activity(of: Activity) = name(of as Any)

    private fun why(of: Why) = when (of) {
        is Why.Failed -> "Failed ${name(of.v1)}"
        is Why.Held -> "Held ${name(of.v1)}"
        else -> name(of)
    }

    private fun migration(of: Migration): String = name(of as Any) + when (of) {
        is Migration.OutOfRoom ->
            ", ${of.needed} B needed" + of.freeable?.let { ", $it B to be freed" }.orEmpty()
        is Migration.AwaitingDeletion -> ", ${of.needed} B needed"
        is Migration.AwaitingSpace -> ", ${of.needed} B needed, ${of.freed} B freed"
        is Migration.Stuck -> ", ${of.needed} B needed"
        else -> ""
    }

    /** What a status says, without what changes all the time. */
    private fun status(of: Status) = buildString {
        append("status ${activity(of.activity)}: ${of.safe.items} of ${of.total.items} safe")
        of.classes.filter { !it.`class`.isSafe && it.`class` !is Class.Pending }
            .forEach { append(", ${it.tally.items} ${of(it.`class`)}") }
        of.needs.forEach { need ->
            append("; ${name(need.hold)} stops ${need.items.items}")
            need.bytes?.let { append(", $it B missing") }
        }
        of.advice.forEach { append("; advice ${name(it)}") }
        if (of.migration !is Migration.Off) append("; migration ${migration(of.migration)}")
    }
}

/** Whether what is counted there is in the vault. */
internal val Class.isSafe get() = this is Class.BackedUp || this is Class.Duplicate || this is Class.Freed
