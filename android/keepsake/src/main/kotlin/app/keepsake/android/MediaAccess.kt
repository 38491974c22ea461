package app.keepsake.android

import android.Manifest.permission.ACCESS_MEDIA_LOCATION
import android.Manifest.permission.READ_EXTERNAL_STORAGE
import android.Manifest.permission.READ_MEDIA_IMAGES
import android.Manifest.permission.READ_MEDIA_VIDEO
import android.Manifest.permission.READ_MEDIA_VISUAL_USER_SELECTED
import android.content.Context
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.os.Build
import app.keepsake.core.Permission

/** What to ask the user for, all at once. */
val mediaPermissions: List<String> = when {
    Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE ->
        listOf(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, READ_MEDIA_VISUAL_USER_SELECTED, ACCESS_MEDIA_LOCATION)
    Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU ->
        listOf(READ_MEDIA_IMAGES, READ_MEDIA_VIDEO, ACCESS_MEDIA_LOCATION)
    else -> listOf(READ_EXTERNAL_STORAGE, ACCESS_MEDIA_LOCATION)
}

/**
 * What we may see of the photos.
 *
 * Without [ACCESS_MEDIA_LOCATION] that is nothing, for a backup: the system then writes zeros over the place
 * where a photo was taken. Its size stays the same, so that nobody would notice.
 */
fun Context.mediaAccess(): Permission {
    val (images, videos) = when {
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU -> has(READ_MEDIA_IMAGES) to has(READ_MEDIA_VIDEO)
        else -> has(READ_EXTERNAL_STORAGE).let { it to it }
    }
    val some = images || videos ||
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE && has(READ_MEDIA_VISUAL_USER_SELECTED)
    return when {
        !some || !has(ACCESS_MEDIA_LOCATION) -> Permission.DENIED
        images && videos -> Permission.FULL
        else -> Permission.LIMITED
    }
}

private fun Context.has(permission: String) = checkSelfPermission(permission) == PERMISSION_GRANTED
