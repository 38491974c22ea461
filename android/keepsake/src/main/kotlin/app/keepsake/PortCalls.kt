package app.keepsake

import app.keepsake.core.PortException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration

/**
 * Calls the ports so that none of them can hold up the core: each call runs on a thread that nobody else
 * needs, is given up after a while, and is over with [stop] whatever it does.
 *
 * Ports talk back to the core from these threads, and never from the one that the core calls them on. JNA
 * attaches that one for as long as the call lasts; the core may have to call us once more before it has
 * ended (somebody waits for the event that a page makes), and at the end of such an inner call JNA detaches
 * a thread that is still in use. A desktop's JVM only complains about that; Android's ends the app.
 */
internal class PortCalls(ports: Ports, private val patience: Duration) {
    /** Let go of with [stop]: a port that holds the backup would otherwise keep both alive for ever. */
    @Volatile private var ports: Ports? = ports
    private val awaited = ConcurrentHashMap.newKeySet<CompletableFuture<*>>()

    private val started = AtomicInteger()
    private val threads = Executors.newCachedThreadPool { call ->
        Thread(call, "keepsake-port-${started.incrementAndGet()}").apply { isDaemon = true }
    }

    /** A call that is answered soon, or never: [tooLate] is given the answer that nobody waits for. */
    fun <T> soon(tooLate: (T) -> Unit = {}, call: Ports.() -> T): T = answer(patience, tooLate, call)

    /**
     * Brings to its end what was answered in time. It runs where it may hang and throw, as a port does, but
     * [stop] does not cut it short: what it gives would be lost.
     */
    fun <T> ending(call: () -> T): T {
        val answer = CompletableFuture<T>()
        threads.execute { perform(answer, {}, call) }
        return answer.within(patience)
    }

    /** A call that may take as long as it takes, and gives its answer to [into], which then is let go of. */
    fun longer(into: AutoCloseable, call: Ports.() -> Unit) {
        try {
            answer(Duration.INFINITE, {}, call)
        } finally {
            CompletableFuture.runAsync(into::close, threads).join()
        }
    }

    /** Tells a port that goes on after [stop] to end. */
    fun ensureAwaited() {
        if (ports == null) throw PortException.Stopped()
    }

    /** Nothing is asked for any more, and nothing is waited for. */
    fun stop() {
        ports = null
        awaited.forEach { it.completeExceptionally(PortException.Stopped()) }
    }

    private fun <T> answer(limit: Duration, tooLate: (T) -> Unit, call: Ports.() -> T): T {
        val answer = CompletableFuture<T>()
        awaited += answer
        try {
            // Only after it was noted down: a stop before that is noticed here, a later one by the answer.
            val ports = ports ?: throw PortException.Stopped()
            threads.execute { perform(answer, tooLate) { ports.call() } }
            return answer.within(limit)
        } finally {
            awaited -= answer
        }
    }

    private fun <T> perform(answer: CompletableFuture<T>, tooLate: (T) -> Unit, call: () -> T) {
        try {
            val value = call()
            if (!answer.complete(value)) tooLate(value)
        } catch (refusal: PortException) {
            answer.completeExceptionally(refusal)
        } catch (mistake: Throwable) {
            // Errors too: the bindings let them through to JNA, which then answers for us, with zeros.
            answer.completeExceptionally(PortException.Unexpected(mistake.toString()))
            ports?.run { runCatching { onMistake(mistake) } }
        }
    }

    private fun <T> CompletableFuture<T>.within(limit: Duration): T = try {
        if (limit.isInfinite()) get() else get(limit.inWholeMilliseconds, TimeUnit.MILLISECONDS)
    } catch (_: TimeoutException) {
        // It may have come in this very moment: then that is the answer, and not too late.
        completeExceptionally(PortException.SourceUnavailable())
        within(Duration.INFINITE)
    } catch (failure: ExecutionException) {
        throw failure.cause ?: failure
    }
}
