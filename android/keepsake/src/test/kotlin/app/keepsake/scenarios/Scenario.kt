package app.keepsake.scenarios

import app.keepsake.core.MeteredUse
import app.keepsake.core.Permission
import app.keepsake.core.Settings
import app.keepsake.default
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import java.io.File
import kotlin.time.Duration

/** A file of `tests/scenarios`, whose `README.md` has the words. */
internal class Scenario(
    val title: String,
    /** The size of the phone's disk, and what neither the library nor Keepsake takes of it; in bytes. */
    val disk: ULong,
    val others: ULong,
    val library: List<Photos>,
    val vaultHas: List<String>,
    val signsTickets: Boolean,
    val settings: Settings,
    val happens: List<Happening>,
    val ends: Ending,
    val trace: List<String>,
) {
    companion object {
        fun read(file: File) = of(Json.parseToJsonElement(file.readText()))

        fun of(json: JsonElement) = Fields.of(json) {
            required("story", ::text)
            val (disk, others) = optional("phone", ::phone) ?: (64_000_000_000uL to 20_000_000_000uL)
            Scenario(
                title = required("title", ::text),
                disk = disk,
                others = others,
                library = required("library", list(::photos)),
                vaultHas = optional("vault_has", list(::text)).orEmpty(),
                signsTickets = optional("signs_tickets", ::yes) ?: false,
                settings = optional("settings", ::settings) ?: Settings.default,
                happens = required("happens", list(::happening)),
                ends = required("ends", ::ending),
                trace = optional("trace", list(::text)).orEmpty(),
            )
        }
    }
}

/** Where an original is, and whether the platform says so. */
internal enum class Lies(val onThePhone: Boolean) {
    ON_THE_PHONE(true),
    IN_THE_CLOUD(false),
    SOMEWHERE_ON_THE_PHONE(true),
    SOMEWHERE_IN_THE_CLOUD(false),
}

/** How the platform serves an original. */
internal enum class Served { AS_A_FILE, POURED }

/** One photo, or [count] that are alike: `#` in names stands for 1, 2, 3… */
internal data class Photos(
    val name: String,
    val count: Int,
    val size: Int,
    val lies: Lies,
    val served: Served,
    val moves: String?,
    val raw: String?,
    val sameAs: String?,
    val private: Boolean,
) {
    /** Each by itself. */
    fun each(): List<Photos> = (1..count).map { number ->
        fun numbered(name: String) = name.replace("#", "$number")
        copy(name = numbered(name), count = 1, moves = moves?.let(::numbered), raw = raw?.let(::numbered))
    }
}

/** Something that happens so long [after] what happened before. */
internal class Happening(val after: Duration, val what: What)

/** How a story ends, so long [after] what happened last. */
internal data class Ending(
    val after: Duration,
    val safe: ULong,
    val notSafe: List<String>,
    val holds: List<String>,
    val inTheVault: Int,
)

internal enum class Network { WIFI, ETHERNET, METERED, HOTSPOT, VPN_OVER_MOBILE_DATA, ROAMING, OFFLINE }

internal enum class Power { CHARGING, BATTERY, LOW_BATTERY, SAVER, HOT }

internal enum class Tap { PAUSE, RESUME, RETRY, FREE_UP }

internal enum class Weather { THERE, AWAY }

internal enum class VaultIs { THERE, AWAY, FULL, SIGNED_OUT }

/** What can happen. */
internal sealed interface What {
    data class NetworkIs(val network: Network) : What
    data class PowerIs(val power: Power) : What
    data class Locked(val locked: Boolean) : What
    data class Access(val access: Permission) : What
    data class User(val tap: Tap) : What
    data class Shoots(val photos: Photos) : What
    data class Edits(val name: String) : What
    data class Deletes(val name: String) : What
    data object EmptiesTrash : What
    data class LetsGo(val yes: Boolean) : What
    data class OthersTake(val bytes: ULong) : What
    data class Cloud(val weather: Weather) : What
    data class Vault(val mood: VaultIs) : What
    data class PoursEnd(val end: Boolean) : What
    data class Forgets(val name: String) : What
    data class Reinstalls(val time: Duration) : What
    data class Destination(val name: String) : What
    data class Killed(val time: Duration) : What
    data class PowerCut(val time: Duration) : What
    data class PulledOut(val time: Duration) : What
    data class DisksFail(val oneIn: ULong) : What
    data object OsSends : What
    data class Chooses(val settings: Settings) : What
    data class Window(val lasts: Duration) : What
    data object WindowEnds : What
    data object TimePasses : What
}

private fun phone(json: JsonElement) = Fields.of(json) { required("disk", ::size) to required("others", ::size) }

private fun photos(json: JsonElement) = Fields.of(json) {
    Photos(
        name = required("name", ::text),
        count = optional("count", ::number)?.toInt() ?: 1,
        size = required("size", ::size).toInt(),
        lies = optional("lies") { word<Lies>(it) } ?: Lies.ON_THE_PHONE,
        served = optional("served") { word<Served>(it) } ?: Served.AS_A_FILE,
        moves = optional("moves", ::text),
        raw = optional("raw", ::text),
        sameAs = optional("same_as", ::text),
        private = optional("private", ::yes) ?: false,
    )
}

private fun settings(json: JsonElement) = Fields.of(json) {
    val default = Settings.default
    Settings(
        metered = optional("metered", ::meteredUse) ?: default.metered,
        dailyMeteredBytes = optional("daily_metered_bytes", ::number),
        roaming = optional("roaming", ::yes) ?: default.roaming,
        onlyCharging = optional("only_charging", ::yes) ?: default.onlyCharging,
        lowestBattery = optional("lowest_battery", ::number)?.toUByte() ?: default.lowestBattery,
        reserve = optional("reserve", ::number),
        staging = optional("staging", ::number),
        migrate = optional("migrate", ::yes) ?: default.migrate,
    )
}

private fun meteredUse(json: JsonElement) = Fields.of(json) {
    MeteredUse(
        downloadPhotos = required("download_photos", ::yes),
        downloadVideos = required("download_videos", ::yes),
        uploadPhotos = required("upload_photos", ::yes),
        uploadVideos = required("upload_videos", ::yes),
    )
}

private fun ending(json: JsonElement) = Fields.of(json) {
    Ending(
        after = required("after", ::span),
        safe = required("safe", ::number),
        notSafe = optional("not_safe", list(::text)).orEmpty(),
        holds = optional("holds", list(::text)).orEmpty(),
        inTheVault = required("in_the_vault", ::number).toInt(),
    )
}

private fun happening(json: JsonElement) = Fields.of(json) {
    val after = required("after", ::span)
    val (word, value) = theOther()
    Happening(after, what(word, value))
}

private fun what(word: String, value: JsonElement): What = when (word) {
    "network" -> What.NetworkIs(word(value))
    "power" -> What.PowerIs(word(value))
    "locked" -> What.Locked(yes(value))
    "access" -> What.Access(word(value))
    "user" -> What.User(word(value))
    "shoots" -> What.Shoots(photos(value))
    "edits" -> What.Edits(text(value))
    "deletes" -> What.Deletes(text(value))
    "empties_trash" -> What.EmptiesTrash
    "lets_go" -> What.LetsGo(yes(value))
    "others_take" -> What.OthersTake(size(value))
    "cloud" -> What.Cloud(word(value))
    "vault" -> What.Vault(word(value))
    "pours_end" -> What.PoursEnd(yes(value))
    "forgets" -> What.Forgets(text(value))
    "reinstalls" -> What.Reinstalls(span(value))
    "destination" -> What.Destination(text(value))
    "killed" -> What.Killed(span(value))
    "power_cut" -> What.PowerCut(span(value))
    "pulled_out" -> What.PulledOut(span(value))
    "disks_fail" -> What.DisksFail(number(value))
    "os_sends" -> What.OsSends
    "settings" -> What.Chooses(settings(value))
    "window" -> What.Window(span(value))
    "window_ends" -> What.WindowEnds
    "time_passes" -> What.TimePasses
    else -> throw IllegalArgumentException("nobody knows '$word'")
}
