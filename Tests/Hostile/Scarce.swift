import Foundation
import Testing
import TestSupport

/// A built executable where something is scarce.
enum Scarce {
    /// Runs it under limits of `prlimit`, as `--as=1000000000`; one that hangs is ended, with status 124.
    static func run(_ limits: [String], _ name: String, _ arguments: [String]) throws -> Executable.Outcome {
        let command = ["--cpu=120"] + limits + ["--", "\(Executable.folder)/\(name)"]
        return try Executable.run("timeout", ["120", "prlimit"] + command + arguments, in: "/usr/bin")
    }

    /// Runs a script on a disk of its own, `$DISK`, of so many KiB, which `grow` enlarges; `$BIN` has the executables.
    static func run(diskOf size: Int, _ script: String) throws -> Executable.Outcome {
        let folder = try ScratchFolder()
        let setting = """
            export DISK=\(folder) BIN=\(Executable.folder)
            grow() { mount -o remount,size=64m "$DISK"; }
            mount -t tmpfs -o size=\(size)k tmpfs "$DISK" || exit 99

            """
        return try Executable.run("unshare", ["-rm", "bash", "-c", setting + script], in: "/usr/bin")
    }

    /// Whether this machine lets a user mount a small disk.
    static let hasDisks: Bool = {
        guard let outcome = try? run(diskOf: 64, "exit 0") else { return false }
        return outcome.status == 0
    }()
}

extension Trait where Self == ConditionTrait {
    static var needsDisks: Self { .enabled(if: Scarce.hasDisks, "needs unshare -rm and a tmpfs of its own") }
}
