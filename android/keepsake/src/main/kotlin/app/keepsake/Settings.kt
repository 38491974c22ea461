package app.keepsake

import app.keepsake.core.Settings
import app.keepsake.core.defaultSettings

/** What is chosen for a user who has not chosen yet: `Settings.default.copy(onlyCharging = true)`. */
val Settings.Companion.default: Settings get() = defaultSettings()
