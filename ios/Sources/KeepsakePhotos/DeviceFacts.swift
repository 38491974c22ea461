#if canImport(UIKit) && canImport(Network) && canImport(Photos)
import Foundation
import Keepsake
import Network
import Photos
import UIKit

/// What the device knows and the core does not: network, power, permission, lock. Told at once, and again
/// whenever it changes.
@MainActor
public final class DeviceFacts {
    /// The facts, from the first readings on. They wait while nobody reads; for one reader.
    public let stream: AsyncStream<Fact>

    private let told: AsyncStream<Fact>.Continuation
    private let network = NWPathMonitor()
    private let library: LibraryObserver
    private let observers = Locked<[any NSObjectProtocol]>([])

    public init() {
        let (stream, told) = AsyncStream<Fact>.makeStream()
        self.stream = stream
        self.told = told
        library = LibraryObserver { told.yield($0) }
        told.yield(LibraryObserver.access)
        UIDevice.current.isBatteryMonitoringEnabled = true
        tellPower()
        tellLock()
        watchNetwork()
        watchPower()
        watchLock()
    }

    deinit {
        network.cancel()
        observers.withLock { $0.forEach(NotificationCenter.default.removeObserver) }
        told.finish()
    }

    private func watchNetwork() {
        network.pathUpdateHandler = { [told] path in
            told.yield(
                .network(
                    isSatisfied: path.status == .satisfied, isExpensive: path.isExpensive,
                    isConstrained: path.isConstrained))
        }
        network.start(queue: DispatchQueue(label: "app.keepsake.network", qos: .utility))
    }

    private func watchPower() {
        let names = [
            UIDevice.batteryLevelDidChangeNotification, UIDevice.batteryStateDidChangeNotification,
            .NSProcessInfoPowerStateDidChange, ProcessInfo.thermalStateDidChangeNotification,
        ]
        for name in names { observe(name) { $0.tellPower() } }
    }

    private func watchLock() {
        observe(UIApplication.protectedDataDidBecomeAvailableNotification) { $0.tellLock() }
        observe(UIApplication.protectedDataWillBecomeUnavailableNotification) { $0.tellLock() }
    }

    private func observe(_ name: Notification.Name, _ tell: @escaping @MainActor (DeviceFacts) -> Void) {
        let observer = NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) {
            [weak self] _ in
            MainActor.assumeIsolated { self.map(tell) }
        }
        observers.withLock { $0.append(observer) }
    }

    private func tellPower() {
        let device = UIDevice.current
        told.yield(
            .power(
                level: device.batteryLevel,
                isPlugged: device.batteryState == .charging || device.batteryState == .full,
                isSaving: ProcessInfo.processInfo.isLowPowerModeEnabled,
                thermalState: ProcessInfo.processInfo.thermalState.rawValue))
    }

    /// Only before the first unlock our own files cannot be read; afterwards a locked screen changes
    /// nothing for what is protected until then.
    private func tellLock() {
        told.yield(.locked(locked: !FirstUnlock.hasHappened()))
    }
}
#endif
