import Foundation
import GGUF
import Testing
import TestSupport

@Suite struct SplitFileTests {
    /// A folder with a model in three parts, one tensor in each.
    private final class Folder {
        let folder: ScratchFolder

        init() throws {
            folder = try ScratchFolder()
            for number in 1...3 { try write(number) }
        }

        func part(_ number: Int, of count: Int = 3) -> String { "\(folder)/m-0000\(number)-of-0000\(count).gguf" }

        func write(_ number: Int, tensor: String? = nil, no: Int? = nil, total: Int32 = 3) throws {
            var metadata = GGUFMetadata()
            if number == 1 { metadata.set("general.architecture", "llama") }
            metadata.set("split.no", .uint16(UInt16(no ?? number - 1)))
            metadata.set("split.count", .uint16(3))
            metadata.set("split.tensors.count", .int32(total))
            let info = try GGUFTensorInfo(name: tensor ?? "t\(number)", type: .f32, dimensions: [2])
            try Data().write(to: URL(filePath: part(number)))
            let handle = try FileHandle(forWritingTo: URL(filePath: part(number)))
            try GGUFWriter(metadata: metadata, tensors: [info]).write(to: handle) { _, put in
                try [Float(number), Float(-number)].withUnsafeBytes { try put($0) }
            }
            try handle.close()
        }
    }

    @Test func opensAllPartsByTheFirst() throws {
        let folder = try Folder()
        let file = try GGUFFile(path: folder.part(1))
        #expect(file.tensors.map(\.name) == ["t1", "t2", "t3"])
        #expect(try file.metadata.string("general.architecture") == "llama")
        for (index, tensor) in file.tensors.enumerated() {
            #expect(file.bytes(of: tensor).load(as: Float.self) == Float(index + 1))
        }
    }

    @Test func refusesNumbersThatOverflow() throws {
        var metadata = GGUFMetadata()
        metadata.set("split.no", .int64(.max))
        metadata.set("split.count", .uint64(2))
        let scratch = ScratchFile()
        try scratch.write(GGUFWriter(metadata: metadata, tensors: []))
        #expect { try GGUFFile(path: scratch.path) } throws: {
            "\($0)" == "\(scratch.path): metadata \"split.no\": 9223372036854775807, expected 0 to 1"
        }
    }

    @Test func namesThePartThatIsWrong() throws {
        let folder = try Folder()
        #expect {
            try GGUFFile(path: folder.part(2))
        } throws: { error in
            (error as? GGUFError)?.hint == "give the first part: \(folder.part(1))"
        }
        try folder.write(3, tensor: "t1")
        #expect { try GGUFFile(path: folder.part(1)) } throws: {
            "\($0)" == "\(folder.part(1)): tensor \"t1\": in two parts"
        }
        try folder.write(3, no: 1)
        #expect { try GGUFFile(path: folder.part(1)) } throws: {
            "\($0)" == "\(folder.part(3)): metadata \"split.no\": 1, expected 2"
        }
        try FileManager.default.removeItem(atPath: folder.part(3))
        #expect { try GGUFFile(path: folder.part(1)) } throws: {
            "\($0)" == "\(folder.part(3)): file: cannot read it: No such file or directory"
        }
        try folder.write(3)
        try folder.write(1, total: 4)
        #expect { try GGUFFile(path: folder.part(1)) } throws: {
            "\($0)".hasSuffix("metadata \"split.tensors.count\": 4, expected the 3 tensors that the parts have")
        }
        try FileManager.default.moveItem(atPath: folder.part(1), toPath: "\(folder.folder)/renamed.gguf")
        #expect { try GGUFFile(path: "\(folder.folder)/renamed.gguf") } throws: {
            "\($0)".hasSuffix("part 1 of 3, expected a name that ends in -00001-of-00003.gguf")
        }
    }
}
