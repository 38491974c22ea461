package app.keepsake

import app.keepsake.core.Storage
import app.keepsake.core.Transfers

/** What Keepsake asks of the device that it runs on. */
class Ports(
    /** Its photos. */
    val library: PhotoLibrary,
    /** The transfers of its system, where it has any. */
    val transfers: Transfers? = null,
    /** How its system counts free space; `null`: as the volume of the state folder does. */
    val storage: Storage? = null,
    /** Is told what a port threw that is no [app.keepsake.core.PortException]: a mistake, for the log. */
    val onMistake: (Throwable) -> Unit = {},
)
