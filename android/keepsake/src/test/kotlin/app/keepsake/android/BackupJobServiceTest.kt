package app.keepsake.android

import android.app.Notification
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.net.NetworkCapabilities.NET_CAPABILITY_INTERNET
import android.net.NetworkCapabilities.NET_CAPABILITY_VALIDATED
import app.keepsake.FakeEngine
import app.keepsake.FakeLibrary
import app.keepsake.Keepsake
import app.keepsake.Phone
import app.keepsake.Ports
import app.keepsake.core.Activity
import app.keepsake.core.Fact
import app.keepsake.core.Hold
import app.keepsake.core.Status
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
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowJobService
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit.SECONDS
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35], shadows = [BackupJobServiceTest.Noting::class])
class BackupJobServiceTest {
    @get:Rule val phone = Phone()

    private val parameters = Shadow.newInstanceOf(JobParameters::class.java)

    class Service : BackupJobService() {
        lateinit var keepsake: Keepsake
        @Volatile var fails = false
        val failures = LinkedBlockingQueue<Exception>()
        override val rest = 1.seconds
        val usualRest get() = super.rest

        public override suspend fun keepsake() = if (fails) error("not now") else keepsake

        override fun failed(why: Exception) { failures += why }

        override fun notification(): Notification = Notification.Builder(this, "backup").build()
    }

    /** Robolectric's own forgets what is shown. */
    @Implements(JobService::class)
    class Noting : ShadowJobService() {
        val shown = mutableListOf<Pair<Notification, Int>>()

        @Implementation(minSdk = 34)
        public override fun setNotification(job: JobParameters, id: Int, notification: Notification, atEnd: Int) {
            shown += notification to atEnd
        }
    }

    @Test
    fun `a job shows what it does from its start on, and nothing when it is over`() {
        val service = service()
        service.onStartJob(parameters)
        val (notification, atEnd) = (shadowOf(service) as Noting).shown.single()
        assertEquals("backup", notification.channelId)
        assertEquals(JobService.JOB_END_NOTIFICATION_POLICY_REMOVE, atEnd)
    }

    @Test
    fun `a backup that the user starts is a job with a network and a size`() {
        val app = RuntimeEnvironment.getApplication()
        assertTrue(BackupJobService.schedule(app, Service::class.java, job = 7, bytes = 4_711))
        val job = app.service<JobScheduler>().getPendingJob(7)!!
        assertTrue(job.isUserInitiated)
        assertEquals(4_711, job.estimatedNetworkUploadBytes)
        assertTrue(job.requiredNetwork!!.hasCapability(NET_CAPABILITY_INTERNET))
        assertTrue(job.requiredNetwork!!.hasCapability(NET_CAPABILITY_VALIDATED))
    }

    @Test
    fun `a job that the system does not take is told as such`() {
        val app = RuntimeEnvironment.getApplication()
        shadowOf(app.service<JobScheduler>()).failOnJob(7)
        assertFalse(BackupJobService.schedule(app, Service::class.java, job = 7, bytes = 1))
        assertTrue(BackupJobService.schedule(app, Service::class.java, job = 8, bytes = 1))
    }

    /** A backup that says of itself what a test wants it to do. */
    private class Saying(private val real: Status) : FakeEngine() {
        @Volatile var says: () -> Activity = { Activity.Done }
        override fun status() = real.copy(activity = says())
    }

    private fun serviceOf(saying: Saying) = Robolectric.buildService(Service::class.java).create().apply {
        get().keepsake = Keepsake.over(Ports(FakeLibrary(phone.photos))) { saying }
    }

    private fun saying() = Saying(phone.inVirtualTime(FakeLibrary(phone.photos)).status)

    @Test
    fun `a job is kept while something is under way, also when there are rests in between`() {
        val backup = saying()
        val looks = AtomicInteger()
        backup.says = { if (looks.incrementAndGet() % 2 == 0) Activity.Working else Activity.Done }
        val service = serviceOf(backup).get()
        assertTrue(service.onStartJob(parameters))
        eventually { looks.get() >= 6 }
        assertFalse(shadowOf(service).isJobFinished)
        backup.says = { Activity.Done }
        eventually { shadowOf(service).isJobFinished }
    }

    @Test
    fun `a job that cannot go on is given back, and asked for again`() {
        val backup = saying().apply { says = { Activity.Paused } }
        val service = serviceOf(backup).get()
        service.onStartJob(parameters)
        eventually { shadowOf(service).isJobFinished }
        assertTrue(shadowOf(service).isRescheduleNeeded)
        assertEquals(listOf(listOf("tell", listOf(Fact.WindowOpened(null)))), backup.asked)
        assertTrue("long enough for the next photo", service.usualRest in 5.seconds..60.seconds)
    }

    @Test
    fun `a service that is gone gives nothing back`() {
        val controller = serviceOf(saying())
        controller.get().onStartJob(parameters)
        controller.destroy()
        Thread.sleep(1_500)
        assertFalse(shadowOf(controller.get()).isJobFinished)
    }

    @Test
    fun `a backup that cannot be opened ends no app, and the job is asked for again`() {
        val uncaught = LinkedBlockingQueue<Throwable>()
        val before = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler { _, thrown -> uncaught += thrown }
        try {
            val service = Robolectric.buildService(Service::class.java).create().get().apply { fails = true }
            service.onStartJob(parameters)
            assertEquals("not now", service.failures.poll(10, SECONDS)?.message)
            eventually { shadowOf(service).isJobFinished }
            assertTrue(shadowOf(service).isRescheduleNeeded)
            service.onStopJob(parameters)
            assertEquals("not now", service.failures.poll(10, SECONDS)?.message)
            assertEquals(emptyList<Throwable>(), uncaught.toList())
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before)
        }
    }

    private fun eventually(holds: () -> Boolean) {
        repeat(1_000) { if (holds()) return else Thread.sleep(10) }
        assertTrue("it never came to that", holds())
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
