import Foundation
import Randomness
import Testing
import TestSupport

/// One run of a fuzzer: damaged files, one after the other, given to a reader.
///
/// By default a run is short and the same every time. `RETORT_FUZZ_SECONDS=600` makes each run last that long, with ever
/// new mutations; `RETORT_FUZZ_SEED` chooses where it begins. The damaged file is on disk before the reader gets it and
/// stays there if the reader takes the process down.
struct FuzzRun {
    /// Where the damaged file lies.
    let path: String
    private let folder: ScratchFolder
    private(set) var refused = 0
    private(set) var accepted = 0

    /// What a reader may use for one file: processor time of the calling thread, and growth of the resident size.
    ///
    /// Readers need milliseconds. But the testing library takes a backtrace of every throw, also of those inside the
    /// standard library, which repairs a megabyte that is no UTF-8 with a throw for each wrong byte: seconds.
    static let secondsAllowed = 20.0
    static let bytesAllowed = 256 << 20

    private static let environment = ProcessInfo.processInfo.environment
    private static let seconds = environment["RETORT_FUZZ_SECONDS"].flatMap(Double.init)
    private static let seed = environment["RETORT_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

    init(_ name: String) throws {
        folder = try ScratchFolder()
        path = folder.file(name)
    }

    static func fixture(_ name: String) throws -> [UInt8] { try [UInt8](Fixtures.data(name)) }

    /// Gives damaged copies of a file to a reader.
    ///
    /// - Parameters:
    ///   - whole: the file.
    ///   - headerCount: how much of its beginning is damaged.
    ///   - count: how many copies, unless the environment says how long.
    ///   - read: throws what the reader throws; `isOwn` says whether an error is one that names this file and a field.
    mutating func damage(
        _ whole: [UInt8], headerCount: Int, fields: [Range<Int>], count: Int, isOwn: (any Error) -> Bool,
        read: () throws -> Void
    ) throws {
        var mutator = Mutator(random: SplitMix64(seed: Self.seed))
        let header = Array(whole[..<headerCount]), start = ContinuousClock.now
        var isDirty = true
        var index = 0
        while Self.seconds.map({ start.duration(to: .now) / .seconds(1) < $0 }) ?? (index < count) {
            let damaged = mutator.mutate(header, fields: fields)
            // The data behind the header is long; where the length has not changed it stays on disk as it is.
            if damaged.count == headerCount, !isDirty {
                try overwrite(damaged)
            } else {
                try Data(damaged + whole[headerCount...]).write(to: URL(filePath: path))
                isDirty = damaged.count != headerCount
            }
            measure("mutation \(index) of seed \(Self.seed)", isOwn: isOwn, read: read)
            index += 1
        }
    }

    /// In a short run the headers of models, which are mostly vocabulary, are cut at this many places.
    static let cutsOfLongHeaders = 500

    /// Gives a file cut at every byte of its header to a reader, and at every `step`-th of its data.
    mutating func cut(
        _ whole: [UInt8], headerCount: Int, step: Int, isOwn: (any Error) -> Bool, read: () throws -> Void
    ) throws {
        try Data(whole).write(to: URL(filePath: path))
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        let headerStep = Self.seconds == nil ? max(1, headerCount / Self.cutsOfLongHeaders) : 1
        let counts =
            stride(from: headerCount, to: whole.count, by: step).reversed()
            + stride(from: 0, to: headerCount, by: headerStep).reversed()
        for count in counts {
            try handle.truncate(atOffset: UInt64(count))
            measure("\(count) bytes of \(whole.count)", isOwn: isOwn, read: read)
        }
        try handle.close()
    }

    private func overwrite(_ bytes: [UInt8]) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.write(contentsOf: bytes)
        try handle.close()
    }

    private mutating func measure(_ what: String, isOwn: (any Error) -> Bool, read: () throws -> Void) {
        let time = processorTime(), memory = Self.residentBytes()
        var failure: (any Error)?
        do { try read() } catch { failure = error }
        let used = processorTime() - time, grown = Self.residentBytes() - memory
        if failure == nil { accepted += 1 } else { refused += 1 }
        if let failure, !isOwn(failure) { Issue.record("\(what): \(failure)") }
        if used > Self.secondsAllowed { Issue.record("\(what): \(used) s") }
        if grown > Self.bytesAllowed { Issue.record("\(what): \(grown >> 20) MiB") }
    }

    /// The second number of `/proc/self/statm`, in pages; 0 where there is no such file.
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return 0 }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let numbers = text.split(separator: " ")
        return numbers.count > 1 ? (Int(numbers[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}
