package app.keepsake.border

import com.sun.jna.NativeLibrary

/**
 * What crosses the border, counted by the library that tests/steps/counting.sh puts between Kotlin and the
 * core. A crossing is every call of a C function of the core, and every call that the core makes of a
 * callback: also those for buffers, handles and futures that the bindings make by themselves. What a
 * crossing carries does not matter.
 */
class Crossings private constructor(private val counts: Map<String, Long>, val liveBuffers: Long) {
    val all: Long get() = counts.values.sum()

    /** Those whose name contains one of [words]. */
    fun of(vararg words: String): Long =
        counts.filterKeys { name -> words.any { it in name } }.values.sum()

    operator fun minus(before: Crossings) = Crossings(
        counts.mapValues { (name, count) -> count - before.counts.getValue(name) }.filterValues { it != 0L },
        liveBuffers - before.liveBuffers,
    )

    override fun toString(): String =
        counts.entries.sortedByDescending { it.value }.joinToString("\n") { (name, count) -> "$count $name" }

    companion object {
        private val library = NativeLibrary.getInstance("keepsakecounted")
        private val count = library.getFunction("keepsake_crossings")
        private val names: List<String> by lazy {
            val name = library.getFunction("keepsake_crossing_name")
            generateSequence(0L) { it + 1 }.map { name.invokeString(arrayOf(it), false) }.takeWhile { it != null }.toList()
        }

        /** Since the start of this JVM. */
        fun now() = Crossings(
            names.withIndex().associate { (at, name) -> name to count.invokeLong(arrayOf(at.toLong())) },
            library.getFunction("keepsake_live_buffers").invokeLong(emptyArray()),
        )
    }
}
