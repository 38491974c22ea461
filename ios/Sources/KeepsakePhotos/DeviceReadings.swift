import Keepsake

// What the device's readings mean, as facts. The readings themselves are taken in `DeviceFacts`.

extension Fact {
    /// `NWPath`: expensive is cellular or a hotspot, constrained is Low Data Mode. iOS does not tell whether
    /// a network is a foreign one.
    static func network(isSatisfied: Bool, isExpensive: Bool, isConstrained: Bool) -> Fact {
        .network(online: isSatisfied, metered: isExpensive || isConstrained, roaming: false)
    }

    /// - Parameters:
    ///   - level: `UIDevice.batteryLevel`, 0 to 1; negative: not known (a simulator, a Mac without one).
    ///   - isPlugged: charging, or full on a charger.
    ///   - thermalState: `ProcessInfo.ThermalState`, 0 nominal to 3 critical.
    static func power(level: Float, isPlugged: Bool, isSaving: Bool, thermalState: Int) -> Fact {
        let isUnknown = level < 0
        let percent = UInt8(clamping: Int((level * 100).rounded()))
        return .power(
            charging: isPlugged || isUnknown, battery: isUnknown ? 100 : percent, saver: isSaving,
            hot: thermalState >= 2)
    }

    /// `PHAuthorizationStatus`: not determined, restricted, denied, authorized, limited.
    static func libraryAccess(authorization: Int) -> Fact {
        switch authorization {
        case 3: .libraryAccess(access: .full)
        case 4: .libraryAccess(access: .limited)
        default: .libraryAccess(access: .denied)
        }
    }
}
