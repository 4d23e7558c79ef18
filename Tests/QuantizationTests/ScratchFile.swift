import Foundation

/// A path whose file is removed when the test is done with it.
final class ScratchFile {
    let path = FileManager.default.temporaryDirectory.appending(path: "retort-quantize-\(UUID().uuidString)").path

    deinit { unlink(path) }
}
