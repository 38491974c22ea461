package app.keepsake

import app.keepsake.core.KeepsakeException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class ErrorsTest {
    @Test
    fun `every error says in a sentence what the core said`() {
        val errors = listOf<(String) -> KeepsakeException>(
            { KeepsakeException.State(it) },
            { KeepsakeException.Catalog(it) },
            { KeepsakeException.Vault(it) },
            { KeepsakeException.NotNow(it) },
            { KeepsakeException.NoSuchItem(it) },
            { KeepsakeException.InUse(it) },
            { KeepsakeException.Destination(it) },
            { KeepsakeException.Broken(it) },
        )
        for (error in errors) assertEquals("what to do", error("what to do").sentence)
        assertTrue("open another one" in KeepsakeException.Stopped().sentence)
    }
}
