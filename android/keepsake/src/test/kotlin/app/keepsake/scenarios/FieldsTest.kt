package app.keepsake.scenarios

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonPrimitive
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class FieldsTest {
    @Test
    fun `sizes and spans of time are read as Rust reads them`() {
        assertEquals(9_500_000uL, size(JsonPrimitive("9.5 MB")))
        assertEquals(3uL, size(JsonPrimitive("3 B")))
        assertEquals(1.hours + 2.minutes + 3.seconds + 4.milliseconds, span(JsonPrimitive("1h 2m 3s 4ms")))
        assertEquals(1.days, span(JsonPrimitive("1day")))
        assertThrows(IllegalArgumentException::class.java) { size(JsonPrimitive("3 bytes")) }
        assertThrows(IllegalArgumentException::class.java) { span(JsonPrimitive("3 moons")) }
    }

    @Test
    fun `a word that nobody knows is an error`() {
        told("""{"after":"1s","network":"wifi"}""")
        for (unknown in listOf("netwrok\":\"wifi", "network\":\"wify", "network\":\"wifi\",\"colour\":\"red")) {
            assertTrue(runCatching { told("""{"after":"1s","$unknown"}""") }.isFailure)
        }
        assertTrue(runCatching { told("", """{"name":"A.JPG","size":"3 kB","colour":"red"}""") }.isFailure)
    }

    private fun told(happening: String, photo: String = """{"name":"A.JPG","size":"3 kB"}""") = Scenario.of(
        Json.parseToJsonElement(
            """{"title":"","story":"","library":[$photo],"happens":[$happening],
            "ends":{"after":"1s","safe":0,"in_the_vault":0}}""",
        ),
    )
}
