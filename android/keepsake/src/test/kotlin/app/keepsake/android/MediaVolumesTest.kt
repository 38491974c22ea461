package app.keepsake.android

import android.Manifest.permission.ACCESS_MEDIA_LOCATION
import android.Manifest.permission.READ_MEDIA_IMAGES
import android.Manifest.permission.READ_MEDIA_VIDEO
import android.app.Application
import app.keepsake.ScanEnd
import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Deletion
import app.keepsake.core.Doomed
import app.keepsake.core.Expected
import app.keepsake.core.Original
import app.keepsake.core.PortException
import app.keepsake.core.Role
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** Cards that come and go, and photos that the user lets go of. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35])
class MediaVolumesTest {
    @get:Rule val folder = TemporaryFolder()

    private val app: Application get() = RuntimeEnvironment.getApplication()
    private val store = FakeMediaStore.install()
    private val library by lazy { MediaStoreLibrary(app) }

    @Before
    fun permitted() = shadowOf(app).grantPermissions(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, ACCESS_MEDIA_LOCATION)

    private fun photo(number: Long, volume: String = "external_primary", video: Boolean = false) {
        val file = folder.newFile("IMG_$number.jpg").apply { writeText("bytes of $number") }
        store.add(FakeMediaStore.Item(number, file, volume = volume, video = video))
    }

    private fun scanned(): Pair<List<Asset>, ScanEnd> {
        val assets = mutableListOf<Asset>()
        val end = library.scan { assets += it }
        return assets to end
    }

    private fun original(asset: Asset) =
        asset.resources.single().run { Original(1, id, Role.PHOTO, Access.SEEKABLE, version, null) }

    @Test
    fun `what lies on a card is out of sight while the card is out, and back when it is back`() {
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        photo(1)
        photo(2, volume = "abcd-1234")
        val (assets, _) = scanned()
        assertEquals(setOf("external_primary/1", "abcd-1234/2"), assets.map { it.id }.toSet())
        FakeMediaStore.mount(FakeMediaStore.primary)
        assertEquals(ScanEnd(hidden = listOf("abcd-1234/")), scanned().second)
        assertThrows(PortException.OutOfSight::class.java) { library.open(original(assets.single { "abcd" in it.id })) }
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        assertEquals(2, scanned().first.size)
    }

    @Test
    fun `a card stays known when another one has taken its place`() {
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        scanned()
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.otherCard)
        scanned()
        FakeMediaStore.mount(FakeMediaStore.primary)
        assertEquals(listOf("abcd-1234/", "beef-5678/"), scanned().second.hidden.sorted())
    }

    /** MediaProvider says both with an `IllegalArgumentException`. */
    @Test
    fun `a card that is taken out while we ask is out of sight, and nonsense that we ask is our mistake`() {
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        photo(1, volume = "abcd-1234")
        store.onQuery = {
            FakeMediaStore.mount()
            throw IllegalArgumentException("Volume not found")
        }
        assertEquals(setOf("external_primary/", "abcd-1234/"), scanned().second.hidden.toSet())
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        store.onQuery = { throw IllegalArgumentException("no such column") }
        assertThrows(IllegalArgumentException::class.java) { scanned() }
    }

    private fun deletion(assets: List<Asset>): Deletion {
        val doomed = assets.mapIndexed { index, asset ->
            Doomed(index + 10L, asset.id, asset.resources.map { Expected(it.id, it.version) })
        }
        return Deletion(5uL, doomed, 100uL)
    }

    @Test
    fun `what did not change is proposed for deleting, as photos and videos`() {
        photo(1)
        photo(2)
        photo(3, video = true)
        val deletion = deletion(scanned().first)
        store.add(store.items.getValue(2).copy(generation = 99))
        val asked = mutableListOf<Deletion>()
        MediaStoreLibrary(app, askToDelete = { what, _ -> asked += what }).propose(deletion)
        assertEquals(listOf(10L, 12L), asked.single().assets.map { it.asset })
        assertEquals(deletion.proposal to deletion.frees, asked.single().run { proposal to frees })
        val paths = store.doomed.single().map { it.path }
        assertEquals(listOf("/external_primary/images/media/1", "/external_primary/video/media/3"), paths)
        assertThrows(PortException.Unsupported::class.java) { library.propose(deletion) }
    }

    @Test
    fun `an asset of which one file changed is not proposed, and without any nobody is asked`() {
        photo(1)
        photo(2)
        val files = scanned().first.map { Expected(it.id, it.resources.single().version) }
        val both = Deletion(5uL, listOf(Doomed(10, files.first().id, files)), 100uL)
        store.add(store.items.getValue(2).copy(generation = 99))
        val asking = MediaStoreLibrary(app, askToDelete = { _, _ -> throw AssertionError("nothing to ask for") })
        assertThrows(PortException.Changed::class.java) { asking.propose(both) }
        assertEquals(emptyList<Any>(), store.doomed)
    }

    @Test
    fun `what is gone is told, and what is out of sight is not gone`() {
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        photo(1)
        photo(2)
        photo(3, volume = "abcd-1234")
        val assets = scanned().first.sortedBy { it.id.substringAfter('/') }
        store.items.remove(1)
        FakeMediaStore.mount(FakeMediaStore.primary)
        assertEquals(listOf(10L), library.deleted(deletion(assets)))
    }
}
