/// What a file that is no GGUF seems to be, by its first bytes: so that a mix-up is understood at once.
enum FileSignature {
    /// In words that follow "not a GGUF file but"; nil where nothing is known.
    static func name(of bytes: UnsafeRawBufferPointer) -> String? {
        func begins(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
        func begins(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
        if begins([0x50, 0x4B, 0x03, 0x04]) { return "a zip archive, as PyTorch's .bin and .pt files are" }
        if begins([0x80, 0x02]) || begins([0x80, 0x04]) { return "a Python pickle, as old PyTorch files are" }
        if begins([0x1F, 0x8B]) { return "a gzip file" }
        if ["lmgg", "fmgg", "tjgg", "algg"].contains(where: begins) { return "a model of the form before GGUF" }
        if begins("SQLite format 3") { return "a SQLite database" }
        if begins("version https://git-lfs") { return "a pointer of Git LFS in place of the file" }
        if begins("<!DOCTYPE") || begins("<!doctype") || begins("<html") { return "a web page" }
        if isSafetensors(bytes) { return "a safetensors file" }
        guard isText(bytes.prefix(4096)) else { return nil }
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? "JSON" : "text"
    }

    /// Eight bytes with the length of a header, which is an object.
    private static func isSafetensors(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 9 else { return false }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        return length > 1 && length <= UInt64(bytes.count - 8) && bytes[8] == UInt8(ascii: "{")
    }

    /// No control characters but white space.
    private static func isText(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    }
}
