package app.keepsake

import app.keepsake.core.KeepsakeException

/** A sentence in English that names what went wrong and what to do. It holds no photo's name. */
val KeepsakeException.sentence: String
    get() = when (this) {
        is KeepsakeException.State -> detail
        is KeepsakeException.Catalog -> detail
        is KeepsakeException.Vault -> detail
        is KeepsakeException.NotNow -> detail
        is KeepsakeException.NoSuchItem -> detail
        is KeepsakeException.InUse -> detail
        is KeepsakeException.Destination -> detail
        is KeepsakeException.Broken -> detail
        is KeepsakeException.Stopped -> "The backup has stopped: open another one."
    }
