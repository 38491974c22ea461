//! Disk as a resource: reserve before downloading, never touch the reserve.
