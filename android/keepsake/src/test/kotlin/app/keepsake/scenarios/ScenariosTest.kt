package app.keepsake.scenarios

import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.Parameterized
import java.io.File

/**
 * Every story of `tests/scenarios` (`keepsake.stories`), and every one in the folder `keepsake.seeds`, is
 * lived through as it is told: the host sees what every other host sees, line by line.
 */
@RunWith(Parameterized::class)
class ScenariosTest(@Suppress("unused") private val name: String, private val file: File) {
    @Test
    fun told() {
        val scenario = Scenario.read(file)
        val played = Play.of(scenario)
        val length = maxOf(played.trace.size, scenario.trace.size)
        for (line in 0..<length) {
            assertEquals("line $line of the trace", scenario.trace.getOrNull(line), played.trace.getOrNull(line))
        }
        assertEquals(scenario.ends, played.ends)
        assertEquals(emptyList<String>(), played.wrong)
    }

    companion object {
        @JvmStatic
        @Parameterized.Parameters(name = "{0}")
        fun stories(): List<Array<Any>> = listOf("keepsake.stories", "keepsake.seeds")
            .mapNotNull(System::getProperty)
            .filter(String::isNotEmpty)
            .flatMap { folder -> File(folder).listFiles { file -> file.extension == "json" }.orEmpty().sorted() }
            .map { arrayOf<Any>(it.nameWithoutExtension, it) }
            .also { check(it.size > BY_HAND) { "only ${it.size} stories are to be found" } }

        /** There are more by hand alone: fewer are a folder that is not found. */
        private const val BY_HAND = 80
    }
}
