package app.keepsake.android

import android.app.Notification
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.net.NetworkCapabilities.NET_CAPABILITY_INTERNET
import app.keepsake.FakeLibrary
import app.keepsake.Keepsake
import app.keepsake.Phone
import app.keepsake.core.Activity
import app.keepsake.core.Fact
import app.keepsake.core.Hold
import app.keepsake.startAtEase
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadow.api.Shadow
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35])
class BackupJobServiceTest {
    @get:Rule val phone = Phone()

    private val parameters = Shadow.newInstanceOf(JobParameters::class.java)

    class Service : BackupJobService() {
        lateinit var keepsake: Keepsake
        override val rest = 1.seconds

        public override suspend fun keepsake() = keepsake

        override fun notification(): Notification = Notification.Builder(this, "backup").build()
    }

    @Test
    fun `a backup that the user starts is a job with a network and a size`() {
        val app = RuntimeEnvironment.getApplication()
        assertTrue(BackupJobService.schedule(app, Service::class.java, job = 7, bytes = 4_711))
        val job = app.service<JobScheduler>().getPendingJob(7)!!
        assertTrue(job.isUserInitiated)
        assertEquals(4_711, job.estimatedNetworkUploadBytes)
        assertTrue(job.requiredNetwork!!.hasCapability(NET_CAPABILITY_INTERNET))
    }

    @Test
    fun `the start and the stop of a job are a window that opens and ends`() {
        val service = service()
        FakeLibrary(phone.photos).shoot(1)
        service.onStopJob(parameters)
        service.keepsake.tell(Fact.LibraryChanged)
        passUntil { service.keepsake.status.holds == listOf(Hold.WINDOW_ENDING) }
        assertEquals(0, phone.stored().size)
        service.onStartJob(parameters)
        passUntil { service.keepsake.status.activity == Activity.Done && phone.stored().size == 1 }
        assertEquals(emptyList<Hold>(), service.keepsake.status.holds)
    }

    @Test
    fun `a job with nothing left to do is given back, and not asked for again`() {
        val service = service()
        service.onStartJob(parameters)
        passUntil { shadowOf(service).isJobFinished }
        assertEquals(Activity.Done, service.keepsake.status.activity)
        assertFalse(shadowOf(service).isRescheduleNeeded)
    }

    @Test
    fun `a job that was stopped is not given back a second time`() {
        val service = service()
        service.onStartJob(parameters)
        assertTrue("it is to come again", service.onStopJob(parameters))
        Thread.sleep(1_500)
        assertFalse(shadowOf(service).isJobFinished)
    }

    private fun service(): Service = Robolectric.buildService(Service::class.java).create().get().apply {
        keepsake = phone.inVirtualTime(FakeLibrary(phone.photos)).apply { startAtEase() }
        phone.pass(1.minutes)
    }

    /** What the service tells comes from a thread of its own. */
    private fun passUntil(holds: () -> Boolean) {
        repeat(500) {
            if (holds()) return
            Thread.sleep(10)
            phone.pass(1.seconds)
        }
        assertTrue("it never came to that", holds())
    }
}
