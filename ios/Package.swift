// swift-tools-version: 6.0
import PackageDescription

// The Rust core. Its Swift side is written by uniffi into Generated/ and never committed:
// `generate.sh` makes it for this machine, `make-xcframework.sh` for Apple's devices.
#if os(Linux)
let library = Target.systemLibrary(name: "KeepsakeCoreFFI", path: "Generated/KeepsakeCoreFFI")
let folder = Context.packageDirectory + "/Generated/lib"
let linking: [LinkerSetting] = [
    .unsafeFlags(["-L", folder, "-Xlinker", "-rpath", "-Xlinker", folder]),
    .linkedLibrary("keepsake"),
]
#else
let library = Target.binaryTarget(
    name: "KeepsakeCoreFFI", path: "Generated/KeepsakeCoreFFI.xcframework")
let linking: [LinkerSetting] = []
#endif

let package = Package(
    name: "Keepsake",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Keepsake", targets: ["Keepsake"]),
        .library(name: "KeepsakePhotos", targets: ["KeepsakePhotos"]),
    ],
    targets: [
        library,
        .target(
            name: "KeepsakeCore",
            dependencies: ["KeepsakeCoreFFI"],
            path: "Generated/KeepsakeCore",
            // What uniffi writes does not claim to be free of data races; what is around it is checked.
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linking),
        .target(name: "Keepsake", dependencies: ["KeepsakeCore"]),
        .target(name: "KeepsakePhotos", dependencies: ["Keepsake"]),
        .testTarget(name: "KeepsakeTests", dependencies: ["Keepsake", "KeepsakeCore"]),
        .testTarget(name: "KeepsakeScenarios", dependencies: ["Keepsake", "KeepsakeCore"]),
        .testTarget(name: "KeepsakePhotosTests", dependencies: ["KeepsakePhotos"]),
    ]
)
