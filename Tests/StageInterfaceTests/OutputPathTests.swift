import Foundation
import StageInterface
import Storage
import Testing

/// What a stage may write.
@Suite struct OutputPathTests {
    @Test func aFileThatIsReadIsNotWritten() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/output-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let base = folder + "/base.gguf", link = folder + "/link.gguf"
        try AtomicFile.write("model", to: base)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: base)
        for path in [base, link, folder + "/./base.gguf"] {
            let error = #expect(throws: StageFailure.self) {
                try OutputPath.check(path, reading: ["--dataset": "/nowhere", "--adapter": nil, "--base": base])
            }
            #expect(error?.description == "--output: \(path) is what --base reads, expected another path")
            #expect(error?.status == .badInput)
        }
        // Another file may be replaced, and one that is not there made; nothing is done yet.
        try AtomicFile.write("old", to: folder + "/old.gguf")
        for path in ["/old.gguf", "/new/adapter.gguf"] {
            try OutputPath.check(folder + path, reading: ["--base": base])
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/new"))
    }
}
