// swift-tools-version: 6.0
import PackageDescription

// For `./bench border`.
let package = Package(
    name: "FirstScan",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "Keepsake", path: "../../../ios")],
    targets: [
        .executableTarget(
            name: "FirstScan", dependencies: [.product(name: "Keepsake", package: "Keepsake")])
    ]
)
