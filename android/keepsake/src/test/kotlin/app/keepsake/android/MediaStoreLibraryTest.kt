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
import app.keepsake.core.Locality
import app.keepsake.core.Media
import app.keepsake.core.Original
import app.keepsake.core.Permission
import app.keepsake.core.PortException
import app.keepsake.core.ResourceSize
import app.keepsake.core.Role
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
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
        assertTrue("$pages", pages.all { it in 1..1_000 })
        assertEquals("a query for each page", pages.size, store.queries)
        assertEquals(0, store.openCursors)
    }

    @Test
    fun `a library that ends with a full page ends there`() {
        val file = folder.newFile().apply { writeText("x") }
        repeat(500) { store.add(FakeMediaStore.Item(it + 1L, file)) }
        val pages = mutableListOf<Int>()
        library.scan { pages += it.size }
        assertEquals(listOf(500), pages)
    }

    @Test
    fun `a row that has no bytes is out of sight, not a photo`() {
        store.add(photo(1).copy(size = 0))
        photo(2)
        store.add(photo(3).copy(size = -1))
        val (assets, end) = scanned()
        assertEquals(listOf("external_primary/2"), assets.map { it.id })
        assertEquals(ScanEnd(hidden = listOf("external_primary/1", "external_primary/3")), end)
    }

    @Test
    fun `a photo is no favourite and in no album unless MediaStore says so, and has a name in any case`() {
        store.add(photo(1).copy(album = null, name = null))
        val asset = scanned().first.single()
        assertFalse(asset.favourite)
        assertEquals(emptyList<String>(), asset.albums)
        assertEquals("external_primary/1", asset.resources.single().name)
    }

    @Test
    fun `an album that was not chosen is given as such`() {
        store.add(photo(1).copy(album = "Screenshots"))
        val chosen = MediaStoreLibrary(app, chosen = { it != "Screenshots" })
        chosen.scan { page -> assertEquals(listOf(false), page.map { it.chosen }) }
    }

    private fun version() = scanned().first.single().resources.single().version

    @Test
    fun `every change of the row or of its database is another version`() {
        val item = photo(1)
        val versions = mutableListOf(version())
        assertEquals(versions.single(), version())
        for (changed in listOf(item.copy(generation = 99), item.copy(size = 99), item.copy(size = 99 + (1L shl 40)))) {
            store.add(changed)
            versions += version()
        }
        store.add(item)
        item.file.setLastModified(1_000)
        versions += version()
        store.version = "2"
        versions += version()
        assertEquals(versions, versions.distinct())
    }

    /** It is in the catalogs of phones: another one would have every photo read anew. */
    @Test
    fun `a version is the same in every version of the app`() {
        store.add(photo(1).copy(generation = 3, size = 4_711).apply { file.setLastModified(1_767_225_600_000) })
        assertEquals(2_531_543_865_078_073_731uL, version())
    }

    @Test
    fun `an original is opened as it was shot, and is ours then`() {
        val item = photo(1)
        val opened = library.open(original(scanned().first.single()))
        val (uri, options) = store.opened.single()
        assertEquals("/external_primary/images/media/1", uri.path)
        assertEquals("1", uri.getQueryParameter("requireOriginal"))
        assertTrue(options!!.getBoolean(MediaStore.EXTRA_ACCEPT_ORIGINAL_MEDIA_FORMAT))
        val number = opened.detach()
        assertArrayEquals(item.file.readBytes(), File("/proc/self/fd/$number").readBytes())
        Libc.close(number)
    }

    @Test
    fun `a video is opened as one, and closed when nobody wants it any more`() {
        store.add(photo(1, "VID.mp4").copy(video = true))
        val opened = library.open(original(scanned().first.single()))
        assertEquals("/external_primary/video/media/1", store.opened.single().first.path)
        opened.close()
        assertThrows(IllegalStateException::class.java) { opened.detach() }
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
        store.onOpen = { limit(); throw SecurityException() }
        assertThrows(PortException.OutOfSight::class.java) { library.open(original) }
        store.onOpen = { shadowOf(app).denyPermissions(ACCESS_MEDIA_LOCATION); throw SecurityException() }
        assertThrows(PortException.NoAccess::class.java) { library.open(original) }
        permitted()
        store.onOpen = { store.isDead = true }
        assertThrows(PortException.SourceUnavailable::class.java) { library.open(original) }
        store.isDead = false
        store.items.remove(item.number)
        assertThrows(PortException.Deleted::class.java) { library.open(original) }
        limit()
        assertThrows(PortException.OutOfSight::class.java) { library.open(original) }
        store.onQuery = { shadowOf(app).denyPermissions(ACCESS_MEDIA_LOCATION) }
        assertThrows(PortException.NoAccess::class.java) { library.open(original) }
    }

    @Test
    fun `what was taken away while we looked shows less than there is`() {
        photo(1)
        assertFalse(scanned().second.limited)
        store.onQuery = { limit() }
        assertTrue(scanned().second.limited)
    }

    @Test
    fun `with the user's choice of photos nothing that is absent is gone`() {
        limit()
        photo(1)
        assertEquals(Permission.LIMITED, app.mediaAccess())
        assertTrue(scanned().second.limited)
    }

    @Test
    fun `a provider that dies in the middle ends the walk`() {
        photo(1)
        store.onQuery = { throw SecurityException() }
        assertThrows(PortException.NoAccess::class.java) { scanned() }
        store.onQuery = { store.isDead = true }
        assertThrows(PortException.SourceUnavailable::class.java) { scanned() }
    }

    @Test
    fun `a database that is built anew in the middle ends the walk`() {
        photo(1)
        store.onQuery = { store.version = "2" }
        assertThrows(PortException.SourceUnavailable::class.java) { scanned() }
    }

    private fun limit() {
        shadowOf(app).denyPermissions(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO)
        shadowOf(app).grantPermissions(READ_MEDIA_VISUAL_USER_SELECTED, ACCESS_MEDIA_LOCATION)
    }
}
