plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

val workspace = rootDir.parentFile
val bindings = layout.buildDirectory.dir("generated/bindings")
val libraries = layout.buildDirectory.dir("generated/jniLibs")

android {
    namespace = "app.keepsake"
    compileSdk = 36

    defaultConfig {
        // MediaStore counts the changes of a volume since Android 11.
        minSdk = 30
        consumerProguardFiles("consumer-rules.pro")
    }

    sourceSets["main"].apply {
        kotlin.srcDirs("src/main/kotlin", bindings)
        jniLibs.srcDir(libraries)
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin {
    jvmToolchain(17)
}

dependencies {
    api(libs.coroutines.android)
    // The archive for Android: it brings JNA's own library for each ABI.
    implementation(variantOf(libs.jna) { artifactType("aar") })
}

// The core for every ABI: `cargo install cargo-ndk`, and an NDK in ANDROID_NDK_HOME.
val core by tasks.registering(Exec::class) {
    workingDir = workspace
    commandLine(
        "cargo", "ndk",
        "--target", "arm64-v8a", "--target", "armeabi-v7a", "--target", "x86_64", "--target", "x86",
        "--platform", "30",
        "--output-dir", libraries.get().asFile.path,
        // Of this kind alone: beside a Rust library Cargo would not optimise it as a whole.
        "rustc", "--profile", "phone", "--package", "keepsake-ffi", "--lib", "--crate-type", "cdylib",
    )
    // Cargo knows best what is up to date.
    outputs.upToDateWhen { false }
}

// The Kotlin side of the border, from the same source built for this machine.
val coreHere by tasks.registering(Exec::class) {
    workingDir = workspace
    commandLine("cargo", "build", "--package", "keepsake-ffi", "--package", "keepsake-bindgen")
    outputs.upToDateWhen { false }
}

val generate by tasks.registering(Exec::class) {
    dependsOn(coreHere)
    workingDir = workspace
    val target = workspace.resolve("target/debug")
    val library = System.mapLibraryName("keepsake")
    commandLine(
        target.resolve("keepsake-bindgen").path, "generate", target.resolve(library).path,
        "--language", "kotlin", "--no-format", "--out-dir", bindings.get().asFile.path,
    )
    outputs.dir(bindings)
}

tasks.named("preBuild") { dependsOn(core, generate) }
