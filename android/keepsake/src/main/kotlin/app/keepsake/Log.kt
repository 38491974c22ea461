package app.keepsake

import app.keepsake.core.LogLine
import app.keepsake.core.PortException
import app.keepsake.core.Severity

/** Where Keepsake's log goes: [app.keepsake.android.AndroidLog], or one of the app's own. */
fun interface Log {
    /**
     * Writes a line. It holds numbers and Keepsake's own words: no name of a photo, album, folder or vault,
     * no place, address or token, so that it may be sent with a report.
     *
     * Called from one thread that does nothing else. A log that is slow, hangs or throws holds up nothing:
     * lines are dropped meanwhile, and the next one says how many.
     */
    fun write(severity: Severity, text: String)
}

/** A log as the core calls it. */
internal class GuardedLog(private val log: Log) : app.keepsake.core.Log {
    override fun write(line: LogLine) = try {
        log.write(line.severity, line.text)
    } catch (mistake: Throwable) {
        // Errors too: the bindings let them through to JNA, which only complains.
        throw PortException.Unexpected(mistake.toString())
    }
}
