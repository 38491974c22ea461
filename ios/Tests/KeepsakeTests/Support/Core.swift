import KeepsakeCore

// What the core calls by names that Swift has for types of its own.
typealias CoreKeepsakeError = KeepsakeCore.KeepsakeError
typealias CorePortError = KeepsakeCore.PortError
