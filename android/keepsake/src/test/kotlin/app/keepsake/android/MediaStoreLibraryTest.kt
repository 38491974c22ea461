package app.keepsake.android

import android.Manifest.permission.ACCESS_MEDIA_LOCATION
import android.Manifest.permission.READ_MEDIA_IMAGES
import android.Manifest.permission.READ_MEDIA_VIDEO
import android.Manifest.permission.READ_MEDIA_VISUAL_USER_SELECTED
import android.app.Application
import android.provider.MediaStore
import app.keepsake.Libc
import app.keepsake.ScanEnd
import app.keepsake.core.Access
import app.keepsake.core.Asset
import app.keepsake.core.Deletion
import app.keepsake.core.Doomed
import app.keepsake.core.Expected
import app.keepsake.core.Locality
import app.keepsake.core.Media
import app.keepsake.core.Original
import app.keepsake.core.Permission
import app.keepsake.core.PortException
import app.keepsake.core.ResourceSize
import app.keepsake.core.Role
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File
import java.io.FileNotFoundException

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34, 35], shadows = [DetachableDescriptor::class])
class MediaStoreLibraryTest {
    @get:Rule val folder = TemporaryFolder()

    private val app: Application get() = RuntimeEnvironment.getApplication()
    private val store = FakeMediaStore.install()
    private val library by lazy { MediaStoreLibrary(app) }

    @Before
    fun permitted() {
        shadowOf(app).grantPermissions(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, ACCESS_MEDIA_LOCATION)
    }

    private fun photo(number: Long, name: String = "IMG_$number.jpg") =
        FakeMediaStore.Item(number, folder.newFile(name).apply { writeText("bytes of $name") }).also(store::add)

    private fun scanned(): Pair<List<Asset>, ScanEnd> {
        val assets = mutableListOf<Asset>()
        val end = library.scan { assets += it }
        return assets to end
    }

    private fun original(asset: Asset) = asset.resources.single().run {
        Original(1, id, role, access, version, (size as ResourceSize.Exact).bytes)
    }

    @Test
    fun `a photo is given with all that MediaStore knows of it`() {
        val item = photo(7).copy(favourite = true, album = "Holiday")
        store.add(item)
        val (assets, end) = scanned()
        val asset = assets.single()
        assertEquals(ScanEnd(), end)
        assertEquals("external_primary/7", asset.id)
        assertEquals(item.taken, asset.taken)
        assertEquals(listOf("Holiday"), asset.albums)
        assertTrue(asset.favourite && asset.chosen)
        val resource = asset.resources.single()
        assertEquals("IMG_7.jpg", resource.name)
        assertEquals(ResourceSize.Exact(item.file.length().toULong()), resource.size)
        assertEquals(listOf(Role.PHOTO, Media.PHOTO), listOf(resource.role, resource.media))
        assertEquals(listOf(Locality.LOCAL, Access.SEEKABLE), listOf(resource.locality, resource.access))
        assertEquals(item.file.lastModified() / 1_000 * 1_000_000_000, resource.modified)
    }

    @Test
    fun `a photo without a date has the one of its file, and a video is a video`() {
        store.add(photo(1).copy(taken = null))
        store.add(photo(2, "VID.mp4").copy(video = true))
        val (assets, _) = scanned()
        assertEquals(store.items.getValue(1).file.lastModified() / 1_000 * 1_000, assets[0].taken)
        assertEquals(Role.VIDEO to Media.VIDEO, assets[1].resources.single().run { role to media })
    }

    @Test
    fun `what is pending or in the trash is not there`() {
        store.add(photo(1).copy(pending = true))
        store.add(photo(2).copy(trashed = true))
        photo(3)
        assertEquals(listOf("external_primary/3"), scanned().first.map { it.id })
    }

    @Test
    fun `a large library comes by the page, every photo once`() {
        val file = folder.newFile().apply { writeText("x") }
        repeat(1_234) { store.add(FakeMediaStore.Item(it + 1L, file)) }
        val pages = mutableListOf<Int>()
        val ids = mutableSetOf<String>()
        library.scan { page -> pages += page.size; ids += page.map { it.id } }
        assertEquals(1_234, ids.size)
        assertEquals(1_234, pages.sum())
        assertTrue("$pages", pages.all { it <= 1_000 })
    }

    @Test
    fun `a row that has no bytes is out of sight, not a photo`() {
        store.add(photo(1).copy(size = 0))
        photo(2)
        val (assets, end) = scanned()
        assertEquals(listOf("external_primary/2"), assets.map { it.id })
        assertEquals(ScanEnd(hidden = listOf("external_primary/1")), end)
    }

    @Test
    fun `an album that was not chosen is given as such`() {
        store.add(photo(1).copy(album = "Screenshots"))
        val chosen = MediaStoreLibrary(app, chosen = { it != "Screenshots" })
        chosen.scan { page -> assertEquals(listOf(false), page.map { it.chosen }) }
    }

    @Test
    fun `every change of the row or of its database is another version`() {
        val item = photo(1)
        val before = scanned().first.single().resources.single().version
        assertEquals(before, scanned().first.single().resources.single().version)
        store.add(item.copy(generation = 99))
        val edited = scanned().first.single().resources.single().version
        store.add(item)
        store.version = "2"
        val built = scanned().first.single().resources.single().version
        assertEquals(3, setOf(before, edited, built).size)
    }

    @Test
    fun `an original is opened as it was shot, and is ours then`() {
        val item = photo(1)
        val opened = library.open(original(scanned().first.single()))
        val (uri, options) = store.opened.single()
        assertEquals("1", uri.getQueryParameter("requireOriginal"))
        assertTrue(options!!.getBoolean(MediaStore.EXTRA_ACCEPT_ORIGINAL_MEDIA_FORMAT))
        val number = opened.detach()
        assertArrayEquals(item.file.readBytes(), File("/proc/self/fd/$number").readBytes())
        Libc.close(number)
    }

    @Test
    fun `one that changed since the scan is not opened`() {
        val item = photo(1)
        val original = original(scanned().first.single())
        store.add(item.copy(generation = 99))
        assertThrows(PortException.Changed::class.java) { library.open(original) }
        assertNotEquals(original.version, library.version(original))
        assertEquals(emptyList<Any>(), store.opened)
    }

    @Test
    fun `without the permission for places nothing is read, and that is no fault of a photo`() {
        photo(1)
        val original = original(scanned().first.single())
        shadowOf(app).denyPermissions(ACCESS_MEDIA_LOCATION)
        assertEquals(Permission.DENIED, app.mediaAccess())
        assertThrows(PortException.NoAccess::class.java) { library.open(original) }
        assertThrows(PortException.NoAccess::class.java) { scanned() }
        assertEquals(emptyList<Any>(), store.opened)
    }

    @Test
    fun `a provider that would leave out the place is a lack of access`() {
        photo(1)
        val original = original(scanned().first.single())
        store.onOpen = { throw UnsupportedOperationException("the caller must hold ACCESS_MEDIA_LOCATION") }
        assertThrows(PortException.NoAccess::class.java) { library.open(original) }
    }

    @Test
    fun `what cannot be opened is told apart`() {
        val item = photo(1)
        val original = original(scanned().first.single())
        store.onOpen = { throw FileNotFoundException() }
        assertThrows(PortException.OriginalMissing::class.java) { library.open(original) }
        store.onOpen = { throw SecurityException() }
        assertThrows(PortException.Unreadable::class.java) { library.open(original) }
        store.items.remove(item.number)
        assertThrows(PortException.Deleted::class.java) { library.open(original) }
        limit()
        assertThrows(PortException.OutOfSight::class.java) { library.open(original) }
    }

    @Test
    fun `with the user's choice of photos nothing that is absent is gone`() {
        limit()
        photo(1)
        assertEquals(Permission.LIMITED, app.mediaAccess())
        assertTrue(scanned().second.limited)
    }

    @Test
    fun `what lies on a card is out of sight while the card is out, and back when it is back`() {
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        photo(1)
        store.add(photo(2).copy(volume = "abcd-1234"))
        val (assets, _) = scanned()
        assertEquals(setOf("external_primary/1", "abcd-1234/2"), assets.map { it.id }.toSet())
        FakeMediaStore.mount(FakeMediaStore.primary)
        assertEquals(ScanEnd(hidden = listOf("abcd-1234/")), scanned().second)
        assertThrows(PortException.OutOfSight::class.java) { library.open(original(assets.single { "abcd" in it.id })) }
        FakeMediaStore.mount(FakeMediaStore.primary, FakeMediaStore.card)
        assertEquals(2, scanned().first.size)
    }

    @Test
    fun `a provider that dies in the middle ends the walk`() {
        photo(1)
        store.onQuery = { throw SecurityException() }
        assertThrows(PortException.NoAccess::class.java) { scanned() }
    }

    @Test
    fun `a database that is built anew in the middle ends the walk`() {
        photo(1)
        store.onQuery = { store.version = "2" }
        assertThrows(PortException.SourceUnavailable::class.java) { scanned() }
    }

    @Test
    fun `only what did not change is proposed for deleting, and what is gone is told`() {
        photo(1)
        val kept = photo(2)
        val doomed = scanned().first.mapIndexed { index, asset ->
            Doomed(index + 10L, asset.id, asset.resources.map { Expected(it.id, it.version) })
        }
        val deletion = Deletion(5uL, doomed, 100uL)
        store.add(kept.copy(generation = 99))
        val asked = mutableListOf<Deletion>()
        val asking = MediaStoreLibrary(app, askToDelete = { what, _ -> asked += what })
        store.items.remove(1)
        assertThrows(PortException.Changed::class.java) { asking.propose(deletion) }
        assertEquals(listOf(10L), asking.deleted(deletion))
        assertThrows(PortException.Unsupported::class.java) { library.propose(deletion) }
    }

    private fun limit() {
        shadowOf(app).denyPermissions(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO)
        shadowOf(app).grantPermissions(READ_MEDIA_VISUAL_USER_SELECTED)
    }
}
