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
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.seconds

/**
 * A backup that the user started and that goes on without the app: a user-initiated data transfer job. The
 * system's start and stop are the window that the core may work in. A stop loses nothing, at any moment.
 */
@TargetApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
abstract class BackupJobService : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** The app's backup, open and following its device. */
    protected abstract suspend fun keepsake(): Keepsake

    /** Shown while it works. Its channel exists already. */
    protected abstract fun notification(): Notification

    override fun onStartJob(parameters: JobParameters): Boolean {
        // Within ten seconds, or the system takes the app for one that does not answer.
        setNotification(parameters, NOTIFICATION, notification(), JOB_END_NOTIFICATION_POLICY_REMOVE)
        scope.launch {
            val keepsake = keepsake()
            keepsake.tell(Fact.WindowOpened(lasts = null))
            val activity = keepsake.awaitRest()
            jobFinished(parameters, activity != Activity.Done)
        }
        return true
    }

    override fun onStopJob(parameters: JobParameters): Boolean {
        scope.launch { keepsake().tell(Fact.WindowEnding) }
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Waits until nothing has been under way for a while: between two photos there are short rests. */
    private suspend fun Keepsake.awaitRest(): Activity {
        var calm = 0
        while (calm < REST) {
            delay(1.seconds)
            calm = if (status.activity == Activity.Working) 0 else calm + 1
        }
        return status.activity
    }

    companion object {
        private const val NOTIFICATION = 1
        private const val REST = 10

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
