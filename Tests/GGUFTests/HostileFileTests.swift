import Foundation
import GGUF
import Testing
import TestSupport

/// Files that are damaged or made to do harm: each is an error that names the field, found quickly and cheaply.
@Suite struct HostileFileTests {
    /// A header by hand: what a writer would refuse to write.
    struct Header {
        var bytes: [UInt8] = []

        init(magic: String = "GGUF", version: UInt32 = 3, tensors: UInt64, keys: UInt64) {
            bytes += Array(magic.utf8)
            put(version)
            put(tensors)
            put(keys)
        }

        mutating func put<Number: FixedWidthInteger>(_ number: Number) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }

        mutating func put(_ text: String) {
            put(UInt64(text.utf8.count))
            bytes += Array(text.utf8)
        }

        mutating func putTensor(
            _ name: String, dimensions: [UInt64] = [4], rank: UInt32? = nil, type: UInt32 = 0, offset: UInt64 = 0
        ) {
            put(name)
            put(rank ?? UInt32(dimensions.count))
            for size in dimensions { put(size) }
            put(type)
            put(offset)
        }

        /// The header padded, and `count` bytes of data.
        func with(data count: Int) -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32 + count)
        }
    }

    private func problem(_ bytes: [UInt8]) throws -> String {
        let scratch = try ScratchFile(bytes)
        do {
            _ = try GGUFFile(path: scratch.path)
            return "none"
        } catch {
            #expect(error.path == scratch.path)
            return "\(error.field): \(error.problem)"
        }
    }

    @Test func namesWhatIsWrongWithTheBeginning() throws {
        #expect(try problem([]) == "file: 0 bytes, expected a GGUF file")
        #expect(
            try problem(Array("{\"a\": 1}".utf8)) == "magic: not a GGUF file but JSON: it does not begin with \"GGUF\"")
        #expect(try problem(Array("GGU".utf8)) == "magic: not a GGUF file but text: it does not begin with \"GGUF\"")
        #expect(try problem(Header(version: 1, tensors: 0, keys: 0).bytes) == "version: 1, expected 2 or 3")
        #expect(try problem(Header(version: 4, tensors: 0, keys: 0).bytes) == "version: 4, expected 2 or 3")
        #expect(
            try problem(Header(version: 3 << 24, tensors: 0, keys: 0).bytes)
                == "version: a big-endian file, expected little-endian")
        #expect(try problem(Header(tensors: 0, keys: 0).bytes) == "none")
        #expect(try problem(Header(version: 2, tensors: 0, keys: 0).bytes) == "none")
    }

    @Test func refusesCountsThatCannotBe() throws {
        #expect(
            try problem(Header(tensors: .max, keys: 0).bytes)
                == "tensor count: 18446744073709551615, expected at most 0 in the bytes that follow")
        #expect(
            try problem(Header(tensors: 0, keys: 1 << 40).bytes)
                == "metadata count: 1099511627776, expected at most 0 in the bytes that follow")
        var header = Header(tensors: 0, keys: 1)
        header.put("k")
        header.put(UInt32(9))
        header.put(UInt32(4))
        header.put(4_611_686_018_427_387_905 as UInt64)
        #expect(
            try problem(header.bytes + [0, 0, 0, 0])
                == "metadata \"k\": 4611686018427387905 elements of uint32, expected at most the 4 bytes that follow")
    }

    @Test func refusesLengthsThatOverflow() throws {
        for length: UInt64 in [.max, .max - 7, 1 << 63, 1 << 32] {
            var header = Header(tensors: 0, keys: 1)
            header.put("k")
            header.put(UInt32(8))
            header.put(length)
            #expect(try problem(header.bytes).hasPrefix("metadata \"k\": the file ends after 0 of \(length) bytes"))
        }
        var header = Header(tensors: 0, keys: 1)
        header.put(1_152_921_504_606_846_976 as UInt64)
        header.put(UInt64(0))
        #expect(
            try problem(header.bytes)
                == "metadata key 1 of 1: 1152921504606846976 bytes long, expected 1 to 65535")
    }

    @Test func refusesUnknownTypes() throws {
        var header = Header(tensors: 0, keys: 1)
        header.put("general.name")
        header.put(UInt32(13))
        header.put(UInt64(0))
        #expect(try problem(header.bytes) == "metadata \"general.name\": type: 13, expected 0 to 12")
        for type in [UInt32(4), 5, 31, 36, 99] {
            var header = Header(tensors: 1, keys: 0)
            header.putTensor("t", type: type)
            #expect(
                try problem(header.with(data: 64))
                    == "tensor \"t\": type: \(type), expected a ggml type that is known")
        }
    }

    @Test func refusesDeepArraysWithoutFollowingThem() throws {
        var header = Header(tensors: 0, keys: 1)
        header.put("k")
        header.put(UInt32(9))
        for _ in 0..<100_000 {
            header.put(UInt32(9))
            header.put(UInt64(1))
        }
        #expect(try problem(header.bytes) == "metadata \"k\": arrays nested deeper than 4")
    }

    @Test func refusesWhatIsThereTwice() throws {
        var keys = Header(tensors: 0, keys: 2)
        for _ in 0..<2 {
            keys.put("k")
            keys.put(UInt32(0))
            keys.put(UInt8(1))
        }
        #expect(try problem(keys.bytes + [0, 0]) == "metadata \"k\": there twice")
        var tensors = Header(tensors: 2, keys: 0)
        tensors.putTensor("t")
        tensors.putTensor("t", offset: 32)
        #expect(try problem(tensors.with(data: 64)) == "tensor \"t\": there twice")
    }

    @Test func refusesShapesThatCannotBe() throws {
        func shape(_ dimensions: [UInt64], rank: UInt32? = nil, type: UInt32 = 0) throws -> String {
            var header = Header(tensors: 1, keys: 0)
            header.putTensor("t", dimensions: dimensions, rank: rank, type: type)
            return try problem(header.with(data: 64))
        }
        #expect(try shape([]) == "tensor \"t\": dimensions: 0, expected 1 to 4")
        #expect(try shape([1, 1, 1, 1, 1]) == "tensor \"t\": dimensions: 5, expected 1 to 4")
        #expect(try shape([4], rank: .max) == "tensor \"t\": dimensions: 4294967295, expected 1 to 4")
        #expect(
            try shape([1 << 40, 1 << 40])
                == "tensor \"t\": shape: [1099511627776, 1099511627776], expected fewer than 2^63 elements")
        #expect(try shape([1 << 63]) == "tensor \"t\": dimension 0: 9223372036854775808, expected less than 2^63")
        #expect(try shape([1 << 62]) == "tensor \"t\": shape: [4611686018427387904], expected fewer than 2^63 bytes")
        #expect(try shape([33], type: 2) == "tensor \"t\": shape: rows of 33, expected a multiple of 32 for Q4_0")
        #expect(try shape([4]) == "none")
    }

    @Test func refusesOffsetsThatCannotBe() throws {
        func offsets(_ offsets: UInt64...) throws -> String {
            var header = Header(tensors: UInt64(offsets.count), keys: 0)
            for (index, offset) in offsets.enumerated() {
                header.putTensor("t\(index)", dimensions: [16], offset: offset)
            }
            return try problem(header.with(data: 128))
        }
        #expect(try offsets(0, 64) == "none")
        #expect(try offsets(64, 0) == "none")
        #expect(try offsets(0, 32) == "tensor \"t1\": offset: 32, which lies inside tensor \"t0\"")
        #expect(try offsets(32, 0) == "tensor \"t0\": offset: 32, which lies inside tensor \"t1\"")
        #expect(try offsets(0, 7) == "tensor \"t1\": offset: 7, expected a multiple of 32")
        let outside = "expected an end within the 128 bytes of data"
        #expect(try offsets(0, 96) == "tensor \"t1\": offset: 96 and 64 bytes, \(outside)")
        #expect(try offsets(0, 1 << 62) == "tensor \"t1\": offset: 4611686018427387904 and 64 bytes, \(outside)")
        #expect(try offsets(0, .max - 31) == "tensor \"t1\": offset: 18446744073709551584 and 64 bytes, \(outside)")
    }

    @Test func refusesAlignmentsThatCannotBe() throws {
        for alignment in [UInt32(0), 1, 24, 33, 1 << 31] {
            var header = Header(tensors: 0, keys: 1)
            header.put("general.alignment")
            header.put(UInt32(4))
            header.put(alignment)
            #expect(
                try problem(header.bytes)
                    == "metadata \"general.alignment\": \(alignment), expected a power of two from 8 to 2^30")
        }
    }

    @Test func saysWhatCannotBeRead() throws {
        #expect {
            try GGUFFile(path: "/nowhere/model.gguf")
        } throws: { "\($0)" == "/nowhere/model.gguf: file: cannot read it: No such file or directory" }
        #expect {
            try GGUFFile(path: "/tmp")
        } throws: { "\($0)" == "/tmp: file: not a regular file, expected a GGUF file" }
    }

    /// Cut anywhere, the file is refused; no cut is taken for a smaller file.
    @Test func refusesTruncationAtEveryByte() throws {
        let whole = ScratchFile()
        try whole.write(
            GGUFWriter(metadata: GGUFWriterTests.sampleMetadata(), tensors: try GGUFWriterTests.sampleTensors()))
        // The last tensor's padding is not needed.
        let needed = try whole.bytes.count - (32 - 240 % 32)
        let handle = try FileHandle(forWritingTo: URL(filePath: whole.path))
        for count in (0..<needed).reversed() {
            try handle.truncate(atOffset: UInt64(count))
            do {
                _ = try GGUFFile(path: whole.path)
                Issue.record("taken for whole after \(count) bytes")
            } catch {
                if error.path != whole.path { Issue.record("\(count) bytes: \(error)") }
            }
        }
    }

    /// Every byte of the header, changed in several ways: an error or a file whose every tensor can be read, in
    /// bounded time; never a crash.
    @Test func survivesAnyByteOfTheHeader() throws {
        let whole = ScratchFile()
        let writer = try GGUFWriter(
            metadata: GGUFWriterTests.sampleMetadata(), tensors: try GGUFWriterTests.sampleTensors())
        try whole.write(writer)
        let bytes = try whole.bytes
        let header = bytes.count - writer.tensors.reduce(0) { $0 + ($1.byteCount + 31) / 32 * 32 }
        let handle = try FileHandle(forWritingTo: URL(filePath: whole.path))
        func set(_ value: UInt8, at index: Int) throws {
            try handle.seek(toOffset: UInt64(index))
            try handle.write(contentsOf: [value])
        }
        var refused = 0
        for index in 0..<header {
            for value in [0, 0xFF, 0x7F, bytes[index] &+ 1, bytes[index] ^ 0x80] where value != bytes[index] {
                try set(value, at: index)
                defer { #expect(throws: Never.self) { try set(bytes[index], at: index) } }
                do {
                    let file = try GGUFFile(path: whole.path)
                    let areWhole = file.tensors.allSatisfy { file.bytes(of: $0).count == $0.byteCount }
                    let counts = file.metadata.pairs.map { $0.value.array?.values.count == $0.value.array?.count }
                    if !areWhole || counts.contains(false) { Issue.record("byte \(index) as \(value)") }
                } catch {
                    if error.path != whole.path { Issue.record("byte \(index) as \(value): \(error)") }
                    refused += 1
                }
            }
        }
        #expect(refused > header)
    }
}
