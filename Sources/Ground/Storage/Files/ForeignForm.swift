/// A form of packed or binary files that is not read, told by how it begins.
struct ForeignForm {
    var name: String
    var beginning: [UInt8]
    /// How to make something of it that is read.
    var advice: String

    static let all = [
        ForeignForm(name: "zstd", beginning: [0x28, 0xB5, 0x2F, 0xFD], advice: "unpack it with zstd -d"),
        ForeignForm(name: "xz", beginning: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], advice: "unpack it with xz -d"),
        ForeignForm(
            name: "bzip2", beginning: Array("BZh91AY&SY".utf8), advice: "unpack it with bzip2 -d"),
        ForeignForm(name: "zip", beginning: [0x50, 0x4B, 0x03, 0x04], advice: "unpack it with unzip"),
        // The first page's header follows the name.
        ForeignForm(
            name: "Parquet", beginning: Array("PAR1".utf8) + [0x15], advice: "export it as JSON Lines"),
        ForeignForm(
            name: "SQLite", beginning: Array("SQLite format 3".utf8) + [0], advice: "export it as JSON Lines"),
    ]

    var reason: String { "it is \(name), expected text, plain or gzip: \(advice)" }
}
