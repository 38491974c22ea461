package app.keepsake

import com.sun.jna.Library
import com.sun.jna.Native

/** Files by number, which the JVM has no words for. */
internal interface LibC : Library {
    fun open(path: String, flags: Int): Int
    fun dup(descriptor: Int): Int
    fun write(descriptor: Int, bytes: ByteArray, count: Long): Long
    fun close(descriptor: Int): Int
}

internal val Libc: LibC = Native.load("c", LibC::class.java)
