package app.keepsake.android

import android.Manifest.permission.ACCESS_MEDIA_LOCATION
import android.Manifest.permission.READ_MEDIA_IMAGES
import android.Manifest.permission.READ_MEDIA_VIDEO
import android.app.Application
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File
import java.util.Collections
import kotlin.time.Duration.Companion.seconds

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35], shadows = [DetachableDescriptor::class])
class ExampleTest {
    @get:Rule val folder = TemporaryFolder()

    @Test
    fun `the example of the README says how far it is, until it is cancelled`() = runBlocking {
        val app: Application = RuntimeEnvironment.getApplication()
        val store = FakeMediaStore.install()
        shadowOf(app).grantPermissions(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, ACCESS_MEDIA_LOCATION)
        store.add(FakeMediaStore.Item(1, folder.newFile("IMG_1.jpg").apply { writeText("a photo") }))
        val shown = Collections.synchronizedList(mutableListOf<String>())
        val example = launch(Dispatchers.Default) { Example(shown::add).backUp(app, folder.root.resolve("vault")) }
        withTimeout(30.seconds) { while (shown.none { "of 1 " in it }) delay(10) }
        withTimeout(30.seconds) { example.cancelAndJoin() }
        assertTrue("$shown", shown.any { it.startsWith("0 of 1 are safe") || it.startsWith("1 of 1 are safe") })
    }

    @Test
    fun `the README shows the example as it is`() {
        val source = File("src/test/kotlin/app/keepsake/android/Example.kt").readText()
        val example = source.substringAfter("// example\n").substringBefore("    // end").trimIndent()
        assertEquals(example, File("../README.md").readText().substringAfter("```kotlin\n").substringBefore("\n```"))
    }
}
