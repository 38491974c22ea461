package app.keepsake.scenarios

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** An object of a file. Every word in it must be one that somebody asks for. */
internal class Fields private constructor(json: JsonElement) {
    private val left = json.jsonObject.toMutableMap()

    /** What is said under this word. */
    fun <T> optional(word: String, read: (JsonElement) -> T): T? =
        left.remove(word)?.takeUnless { it is JsonNull }?.let(read)

    /** The same, where it has to be said. */
    fun <T> required(word: String, read: (JsonElement) -> T): T =
        requireNotNull(optional(word, read)) { "'$word' is missing" }

    /** The one word that nobody has asked for yet, and what is said under it. */
    fun theOther(): Pair<String, JsonElement> {
        val (word, value) = left.entries.single()
        left.clear()
        return word to value
    }

    companion object {
        /** Reads an object as [read] does. */
        fun <T> of(json: JsonElement, read: Fields.() -> T): T {
            val fields = Fields(json)
            val value = fields.read()
            require(fields.left.isEmpty()) { "nobody knows ${fields.left.keys}" }
            return value
        }
    }
}

internal fun text(json: JsonElement): String = json.jsonPrimitive.also { require(it.isString) { "$it is no text" } }.content

internal fun yes(json: JsonElement): Boolean = json.jsonPrimitive.boolean

internal fun number(json: JsonElement): ULong = (json as JsonPrimitive).content.toULong()

internal fun <T> list(read: (JsonElement) -> T): (JsonElement) -> List<T> = { it.jsonArray.map(read) }

/** `low_battery`, or `Full`, of an enum that has `LOW_BATTERY`, or `FULL`. */
internal inline fun <reified T : Enum<T>> word(json: JsonElement): T {
    val word = text(json)
    return requireNotNull(enumValues<T>().find { it.name.equals(word, ignoreCase = true) }) { "nobody knows '$word'" }
}

/** `9.5 MB`, in bytes. */
internal fun size(json: JsonElement): ULong {
    val (number, unit) = requireNotNull(SIZE.matchEntire(text(json))) { "$json is no size" }.destructured
    val bytes = requireNotNull(UNITS[unit]) { "nobody knows the unit of $json" }
    return (number.toBigDecimal() * bytes.toBigDecimal()).toBigInteger().toLong().toULong()
}

private val SIZE = Regex("""([0-9.]+) ?([A-Za-z]+)""")
private val UNITS = mapOf("B" to 1L, "kB" to 1_000L, "MB" to 1_000_000L, "GB" to 1_000_000_000L)

/** `1h 2m 3s 4ms`, `1day`. */
internal fun span(json: JsonElement): Duration {
    val parts = text(json).split(' ').map { part ->
        val (number, unit) = requireNotNull(SPAN.matchEntire(part)) { "$json is no span of time" }.destructured
        requireNotNull(SPANS[unit]) { "nobody knows the unit of $json" } * number.toInt()
    }
    return parts.fold(Duration.ZERO, Duration::plus)
}

private val SPAN = Regex("""([0-9]+)([a-z]+)""")
private val SPANS = mapOf(
    listOf("ms") to 1.milliseconds,
    listOf("s", "sec", "second", "seconds") to 1.seconds,
    listOf("m", "min", "minute", "minutes") to 1.minutes,
    listOf("h", "hr", "hour", "hours") to 1.hours,
    listOf("d", "day", "days") to 1.days,
).flatMap { (words, span) -> words.map { it to span } }.toMap()
