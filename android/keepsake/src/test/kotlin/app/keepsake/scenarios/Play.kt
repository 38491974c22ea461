package app.keepsake.scenarios

import app.keepsake.Keepsake
import app.keepsake.Ports
import app.keepsake.core.Configuration
import app.keepsake.core.Engine
import app.keepsake.core.Event
import app.keepsake.core.Fact
import app.keepsake.core.KeepsakeException
import app.keepsake.core.Permission
import app.keepsake.core.Settings
import app.keepsake.core.Stage
import app.keepsake.core.VaultMood
import app.keepsake.core.VaultPlace
import app.keepsake.core.VirtualPhone
import app.keepsake.default
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import java.io.File
import kotlin.time.Duration

/** What came of a story: what the host saw, how it ended, and what is wrong whatever the file says. */
internal class Played(val trace: List<String>, val ends: Ending, val wrong: List<String>)

/**
 * Plays a story on the real core in virtual time, as `tests/scenarios/src/play.rs` does: facts are told in
 * the same order, and at every full second the host looks what there is to see.
 */
internal class Play private constructor(private val scenario: Scenario) : AutoCloseable {
    private val phone = VirtualPhone(scenario.title, scenario.disk, scenario.signsTickets)
    private val calls = Calls()
    private val library = ScenarioLibrary(File(phone.folder()), calls)
    private val transfers = ScenarioTransfers(calls)
    private val mistakes = mutableListOf<Throwable>()
    private val ports = Ports(library, transfers, onMistake = { synchronized(mistakes) { mistakes += it } })

    private var program: Program? = null
    private var others = scenario.others
    private var settings = scenario.settings
    private var network = Network.WIFI
    private var power = Power.CHARGING
    private var locked = false
    private var vault = File(phone.vault())
    private var mood = VaultIs.THERE
    private var disksFail = false
    private var millis = 0L
    private val trace = mutableListOf<String>()

    /** The status, as it was told last. */
    private var said = ""

    /** Every content that a photo of each name ever had. */
    private val contents = mutableMapOf<String, MutableSet<Bytes>>()
    private val wrong = mutableListOf<String>()

    private fun play(): Played {
        scenario.library.forEach(library::shoot)
        notesContents()
        if (scenario.vaultHas.isNotEmpty()) anotherDevice()
        opens()
        for (happening in scenario.happens) {
            timePasses(happening.after)
            trace += "${Words.time(millis)} now ${Words.what(happening.what)}"
            happens(happening.what)
        }
        timePasses(scenario.ends.after)
        return Played(trace, ending(), wrong())
    }

    override fun close() {
        ends()
        phone.close()
    }

    /** Another device has backed up some of the same photos. */
    private fun anotherDevice() {
        val photos = ScenarioLibrary(File(phone.folder()), Calls())
        scenario.library.flatMap { it.each() }
            .filter { it.name in scenario.vaultHas }
            .forEach { photos.shoot(it.copy(lies = Lies.ON_THE_PHONE)) }
        phone.another().use { time ->
            val place = VaultPlace.Folder(vault.path, 0uL)
            val configuration = Configuration(phone.anotherState(), place, Settings.default, 0)
            Keepsake.over(Ports(photos)) { time.open(configuration, it) }.use { other ->
                other.start()
                other.tell(
                    Fact.LibraryAccess(Permission.FULL),
                    Fact.Locked(false),
                    fact(Network.WIFI),
                    fact(Power.CHARGING),
                    Fact.TransfersReported,
                    Fact.WindowOpened(null),
                )
                time.advance(60_000uL)
            }
            time.kill()
        }
    }

    /** The program starts. */
    private fun opens() {
        fills()
        val configuration = Configuration(phone.state(), VaultPlace.Folder(vault.path, null), settings, 0)
        lateinit var engine: Engine
        val keepsake = try {
            Keepsake.over(ports) { host -> phone.open(configuration, host, millis.toULong()).also { engine = it } }
        } catch (fault: KeepsakeException) {
            // A disk that fails: the user tries again when it does not.
            if (disksFail) return else throw fault
        }
        try {
            keepsake.start()
        } catch (fault: KeepsakeException) {
            phone.kill()
            Program(keepsake, engine).ends()
            if (disksFail) return else throw fault
        }
        keepsake.tell(Fact.LibraryAccess(library.access), Fact.Locked(locked), fact(network), fact(power))
        keepsake.tell(transfers.found())
        keepsake.tell(transfers.takeEnded())
        keepsake.tell(Fact.TransfersReported, Fact.WindowOpened(null))
        program = Program(keepsake, engine)
    }

    /** The program is gone: nothing that it still tries has any effect. */
    private fun ends() {
        phone.kill()
        program?.ends()
        program = null
    }

    /**
     * Time passes; once a second the host looks what there is to see. Where it cannot be anything, because
     * nothing was told and nothing was done, the look is left out: a story lasts for days.
     */
    private fun timePasses(time: Duration) {
        val until = millis + time.inWholeMilliseconds
        if (millis < until) {
            millis = minOf(until, (millis / 1_000 + 1) * 1_000)
            phone.advance(millis.toULong())
            looks()
        }
        while (millis < until) {
            millis = phone.idle(millis.toULong(), until.toULong()).toLong()
            looks()
        }
    }

    private fun looks() {
        val at = Words.time(millis)
        calls.taken().forEach { trace += "$at $it" }
        val program = program ?: return
        transfers.takeEnded().ifEmpty { null }?.let(program.keepsake::tell)
        for (event in program.pull()) {
            val text = Words.happened(event)
            if (event is Event.StatusChanged) {
                if (text == said) continue
                said = text
            }
            trace += "$at $text"
        }
    }

    private fun tell(vararg facts: Fact) {
        program?.keepsake?.tell(*facts)
    }

    private fun fills() = phone.setTaken(others + library.onThePhone)

    private fun notesContents() = library.files.forEach { (name, bytes) ->
        contents.getOrPut(name, ::mutableSetOf) += Bytes(bytes)
    }

    /** The library says that something may have changed. */
    private fun libraryChanged() {
        notesContents()
        fills()
        tell(Fact.LibraryChanged, Fact.SpaceChanged)
    }

    private fun happens(what: What) {
        when (what) {
            is What.NetworkIs -> tell(fact(what.network).also { network = what.network })
            is What.PowerIs -> tell(fact(what.power).also { power = what.power })
            is What.Locked -> tell(Fact.Locked(what.locked).also { locked = what.locked })
            is What.Access -> {
                library.access = what.access
                tell(Fact.LibraryAccess(what.access), Fact.LibraryChanged)
            }
            is What.User -> taps(what.tap)
            is What.Shoots -> library.shoot(what.photos).also { libraryChanged() }
            is What.Edits -> library.edit(what.name).also { libraryChanged() }
            is What.Deletes -> library.delete(what.name).also { libraryChanged() }
            is What.EmptiesTrash -> library.emptyTrash().also { roomChanged() }
            is What.LetsGo -> {
                val proposal = library.answer(what.yes)
                val deleted = if (what.yes) proposal.assets.map { it.asset } else emptyList()
                tell(Fact.FreeUpAnswered(proposal.proposal, deleted))
                libraryChanged()
            }
            is What.OthersTake -> {
                others = what.bytes
                roomChanged()
            }
            is What.Cloud -> library.cloudIsAway = what.weather == Weather.AWAY
            is What.Vault -> vaultIs(what.mood)
            is What.PoursEnd -> library.poursEnd = what.end
            is What.Forgets -> forgets(what.name)
            is What.Reinstalls -> {
                phone.uninstall()
                transfers.uninstalled()
                killed(what.time)
            }
            is What.Destination -> {
                vault = File(phone.folder(), what.name)
                program?.ends()
                program = null
                killed(Duration.ZERO)
            }
            is What.Killed -> killed(what.time)
            is What.PowerCut -> powerCut(what.time)
            is What.PulledOut -> {
                phone.pullOut()
                timePasses(what.time)
                phone.putBack()
            }
            is What.DisksFail -> {
                disksFail = what.oneIn > 0uL
                phone.setDisksFail(what.oneIn)
                if (program == null) opens()
            }
            is What.OsSends -> transfers.send(fact(network), phone)
            is What.Chooses -> {
                settings = what.settings
                program?.keepsake?.changeSettings(settings)
            }
            is What.Window -> tell(Fact.WindowOpened(java.time.Duration.ofMillis(what.lasts.inWholeMilliseconds)))
            is What.WindowEnds -> tell(Fact.WindowEnding)
            is What.TimePasses -> {}
        }
    }

    private fun roomChanged() {
        fills()
        tell(Fact.SpaceChanged)
    }

    private fun vaultIs(to: VaultIs) {
        val before = mood
        mood = to
        if ((before == VaultIs.AWAY) != (to == VaultIs.AWAY)) phone.moveVault(there = to != VaultIs.AWAY)
        phone.setMood(
            when (to) {
                VaultIs.FULL -> VaultMood.FULL
                VaultIs.SIGNED_OUT -> VaultMood.SIGNED_OUT
                VaultIs.THERE, VaultIs.AWAY -> VaultMood.WELL
            },
        )
        if (before == VaultIs.SIGNED_OUT) tell(Fact.SignedIn)
    }

    private fun forgets(name: String) = runBlocking {
        program?.keepsake?.apply { forget(listOf(library().first { it.id == name }.resource)) }
    }

    private fun taps(tap: Tap) = runBlocking {
        val keepsake = program?.keepsake ?: return@runBlocking
        when (tap) {
            Tap.PAUSE -> keepsake.pause()
            Tap.RESUME -> keepsake.resume()
            Tap.FREE_UP -> keepsake.freeUp()
            Tap.RETRY -> try {
                keepsake.retry()
            } catch (fault: KeepsakeException) {
                if (!disksFail) throw fault // else the user is told, and will tap again
            }
        }
    }

    /** Is killed, and starts again after so long. */
    private fun killed(time: Duration) {
        ends()
        said = ""
        millis += time.inWholeMilliseconds
        opens()
    }

    /** The power goes, and comes back after so long. */
    private fun powerCut(time: Duration) {
        val safe = if (disksFail) emptyList() else safe()
        phone.cutPower()
        val vaults = setOf(vault, File(phone.vault()), File(phone.folder(), "vault-away"))
        val held = vaults.flatMap { stored(it) }.toSet()
        safe.filter { name -> contents[name].orEmpty().none { it in held } }
            .forEach { wrong += "$it was safe, and is gone with the power" }
        killed(time)
    }

    /** What is safe, by name. */
    private fun safe(): List<String> = runBlocking {
        val entries = program?.keepsake?.library()?.toList().orEmpty()
        entries.filter { it.stage in setOf(Stage.BackedUp, Stage.Duplicate, Stage.Freed) }.map { it.id }
    }

    private fun ending(): Ending {
        val status = program?.keepsake?.status
        val notSafe = status?.classes.orEmpty().filter { !it.`class`.isSafe && it.`class` != app.keepsake.core.Class.Closed }
        return Ending(
            after = scenario.ends.after,
            safe = status?.safe?.items ?: 0uL,
            notSafe = notSafe.map { "${it.tally.items} ${Words.of(it.`class`)}" },
            holds = status?.holds.orEmpty().map { Words.name(it) },
            inTheVault = stored(vault).size,
        )
    }

    /** What may not be, whatever the file says. */
    private fun wrong(): List<String> {
        val held = stored(vault).toSet()
        val ever = contents.values.flatten().toSet()
        wrong += trace.filter { " unexpected: " in it }.map { "a surprise: $it" }
        wrong += mistakes.map { "a port threw $it" }
        if (!ever.containsAll(held)) wrong += "the vault has bytes that no photo ever had"
        if (ending().notSafe.isEmpty()) {
            val missing = library.files.filterValues { Bytes(it) !in held }
            wrong += missing.keys.map { "$it is called safe, and is not there" }
            wrong += File(phone.state(), "staging").list().orEmpty().map { "$it is left in staging" }
        }
        return wrong
    }

    companion object {
        /** Plays a story. */
        fun of(scenario: Scenario): Played = Play(scenario).use { it.play() }
    }
}

/** Bytes that are equal when their content is. */
private class Bytes(private val bytes: ByteArray) {
    override fun equals(other: Any?) = other is Bytes && bytes.contentEquals(other.bytes)

    override fun hashCode() = bytes.contentHashCode()
}

/** Every photo in a vault, without what is its own. */
private fun stored(vault: File): List<Bytes> = vault.walk()
    .onEnter { it == vault || it.parentFile != vault || !it.name.startsWith('.') }
    .filter { it.isFile && !(it.parentFile == vault && it.name.startsWith('.')) }
    .map { Bytes(it.readBytes()) }
    .toList()

private fun fact(of: Network): Fact.Network = when (of) {
    Network.WIFI, Network.ETHERNET -> Fact.Network(online = true, metered = false, roaming = false)
    Network.METERED, Network.HOTSPOT, Network.VPN_OVER_MOBILE_DATA ->
        Fact.Network(online = true, metered = true, roaming = false)
    Network.ROAMING -> Fact.Network(online = true, metered = true, roaming = true)
    Network.OFFLINE -> Fact.Network(online = false, metered = false, roaming = false)
}

private fun fact(of: Power): Fact.Power {
    val full = Fact.Power(charging = false, battery = 100u, saver = false, hot = false)
    return when (of) {
        Power.CHARGING -> full.copy(charging = true)
        Power.BATTERY -> full
        Power.LOW_BATTERY -> full.copy(battery = 10u)
        Power.SAVER -> full.copy(saver = true)
        Power.HOT -> full.copy(hot = true)
    }
}
