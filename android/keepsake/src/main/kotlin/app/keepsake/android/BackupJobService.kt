package app.keepsake.android

import android.annotation.TargetApi
import android.app.Notification
import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Build
import app.keepsake.Keepsake
import app.keepsake.core.Activity
import app.keepsake.core.Fact
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * A backup that the user started and that goes on without the app: a user-initiated data transfer job. The
 * system's start and stop are the window that the core may work in. A stop loses nothing, at any moment.
 */
@TargetApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
abstract class BackupJobService : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /**
     * The app's backup, open and following its device. When it cannot be opened now, this may throw: the job
     * is given back, and the system tries it again later.
     */
    protected abstract suspend fun keepsake(): Keepsake

    /** Is told what [keepsake] threw, for the app's log. */
    protected open fun failed(why: Exception) {}

    /** Shown while it works. Its channel exists already. */
    protected abstract fun notification(): Notification

    /** The job is given back when nothing has been under way for so long: between two photos there are rests. */
    protected open val rest: Duration = 10.seconds

    private var window: Job? = null

    override fun onStartJob(parameters: JobParameters): Boolean {
        // Within ten seconds, or the system takes the app for one that does not answer.
        setNotification(parameters, NOTIFICATION, notification(), JOB_END_NOTIFICATION_POLICY_REMOVE)
        window = scope.launch {
            var done = false
            withKeepsake {
                tell(Fact.WindowOpened(lasts = null))
                awaitRest()
                done = status.activity == Activity.Done
            }
            jobFinished(parameters, !done)
        }
        return true
    }

    override fun onStopJob(parameters: JobParameters): Boolean {
        window?.cancel()
        scope.launch { withKeepsake { tell(Fact.WindowEnding) } }
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Whatever is thrown in [scope] and not caught ends the app. */
    private suspend fun withKeepsake(use: suspend Keepsake.() -> Unit) {
        try {
            keepsake().use()
        } catch (why: Exception) {
            currentCoroutineContext().ensureActive()
            failed(why)
        }
    }

    private suspend fun Keepsake.awaitRest() {
        var rested = Duration.ZERO
        while (rested < rest) {
            delay(LOOK)
            rested = if (status.activity == Activity.Working) Duration.ZERO else rested + LOOK
        }
    }

    companion object {
        private const val NOTIFICATION = 1
        private val LOOK = 500.milliseconds

        /**
         * Has the system run [service], from an app that is in front. A second call replaces the first.
         *
         * @param bytes about how many there are to send: `status.unfinished.bytes`.
         */
        fun schedule(context: Context, service: Class<out BackupJobService>, job: Int, bytes: Long): Boolean {
            val network = NetworkRequest.Builder()
                .addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
                .addCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED)
                .build()
            val info = JobInfo.Builder(job, ComponentName(context, service))
                .setUserInitiated(true)
                .setRequiredNetwork(network)
                .setEstimatedNetworkBytes(0, bytes)
                .build()
            val scheduler = context.service<JobScheduler>()
            return scheduler.schedule(info) == JobScheduler.RESULT_SUCCESS
        }
    }
}
