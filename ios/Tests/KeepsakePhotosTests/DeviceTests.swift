import Foundation
import Keepsake
import Testing

@testable import KeepsakePhotos

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// What the device and its transfers say, as facts.
struct DeviceTests {
    @Test func aNetworkIsMeteredWhenItIsExpensiveOrConstrained() {
        #expect(
            Fact.network(isSatisfied: true, isExpensive: false, isConstrained: false)
                == .network(online: true, metered: false, roaming: false))
        #expect(
            Fact.network(isSatisfied: true, isExpensive: false, isConstrained: true)
                == .network(online: true, metered: true, roaming: false))
        #expect(
            Fact.network(isSatisfied: false, isExpensive: true, isConstrained: false)
                == .network(online: false, metered: true, roaming: false))
    }

    @Test func theBatteryIsInPercentAndHotIsWhatTheSystemCallsSerious() {
        #expect(
            Fact.power(level: 0.555, isPlugged: false, isSaving: true, thermalState: 1)
                == .power(charging: false, battery: 56, saver: true, hot: false))
        #expect(
            Fact.power(level: 1, isPlugged: true, isSaving: false, thermalState: 2)
                == .power(charging: true, battery: 100, saver: false, hot: true))
    }

    @Test func whatHasNoBatteryDoesNotWaitForOne() {
        #expect(
            Fact.power(level: -1, isPlugged: false, isSaving: false, thermalState: 0)
                == .power(charging: true, battery: 100, saver: false, hot: false))
    }

    @Test func onlyFullAndLimitedAreAccess() {
        let said = (0...5).map { Fact.libraryAccess(authorization: $0) }
        let access: [Permission] = [.denied, .denied, .denied, .full, .limited, .denied]
        #expect(said == access.map { .libraryAccess(access: $0) })
    }

    private var transfer: Transfer {
        Transfer(
            resource: 7, file: "/staging/7", method: "PUT",
            url: "https://vault.example/2026/07/IMG%200042.HEIC?X-Amz-Signature=a%2Fb",
            headers: [
                Header(name: "Content-Type", value: "image/heic"),
                Header(name: "x-amz-checksum-sha256", value: "4uX="),
            ], mayUseMetered: false)
    }

    @Test func aTransferIsSentExactlyAsItWasSigned() throws {
        let request = try URLRequest(transfer)
        #expect(request.httpMethod == "PUT")
        #expect(request.url?.absoluteString == transfer.url)
        #expect(request.value(forHTTPHeaderField: "Content-Type") == "image/heic")
        #expect(request.value(forHTTPHeaderField: "x-amz-checksum-sha256") == "4uX=")
        var twice = transfer
        twice.headers = [Header(name: "a", value: "1"), Header(name: "a", value: "2")]
        #expect(try URLRequest(twice).value(forHTTPHeaderField: "a") == "1,2")
    }

    @Test(arguments: ["", "no url", "/only/a/path"])
    func whatIsNoURLIsRefused(url: String) {
        var transfer = transfer
        transfer.url = url
        #expect(throws: PortError.unsupported) { try URLRequest(transfer) }
    }

    @Test func aTransferIsDeliveredOnlyWhenTheStoreSaidSo() {
        let cut = NSError(domain: NSURLErrorDomain, code: NSURLErrorNetworkConnectionLost)
        let cancelled = NSError(domain: NSURLErrorDomain, code: NSURLErrorCancelled)
        #expect(Outcome(status: 200, error: nil, sent: 9) == .delivered)
        #expect(Outcome(status: 299, error: nil, sent: 9) == .delivered)
        #expect(Outcome(status: 300, error: nil, sent: 9) == .failed(wasted: 9))
        #expect(Outcome(status: 403, error: nil, sent: 9) == .failed(wasted: 9))
        #expect(Outcome(status: 200, error: cut, sent: 9) == .failed(wasted: 9))
        #expect(Outcome(status: nil, error: cut, sent: -1) == .failed(wasted: 0))
        #expect(Outcome(status: nil, error: nil, sent: 9) == .failed(wasted: 9))
        #expect(Outcome(status: nil, error: cancelled, sent: 9) == .cancelled)
    }

    @Test func aTaskIsKnownAgainByItsNameAfterARelaunch() {
        #expect(TaskName.text(of: 42) == "keepsake:42")
        #expect(TaskName.resource(of: "keepsake:42") == 42)
        #expect(TaskName.resource(of: "somebody:42") == nil)
        #expect(TaskName.resource(of: "somebody else's") == nil)
        #expect(TaskName.resource(of: nil) == nil)
    }
}
