/// One version of an artifact as people and requests name it: `NAME`, `NAME@alias` or `NAME:VERSION`.
public struct VersionSelector: Sendable, Hashable, CustomStringConvertible {
    public enum Choice: Sendable, Hashable {
        case alias(String)
        case version(Int)
    }

    /// The alias that a bare name stands for.
    public static let defaultAlias = "production"

    public let name: String
    public let choice: Choice

    public init(name: String, alias: String = VersionSelector.defaultAlias) throws {
        try RegistryName.check(name, as: "name")
        try RegistryName.check(alias, as: "alias")
        self.name = name
        choice = .alias(alias)
    }

    public init(name: String, version: Int) throws {
        try RegistryName.check(name, as: "name")
        guard version > 0 else {
            throw RegistryError(.input, "version: \(version), expected a whole number from 1")
        }
        self.name = name
        choice = .version(version)
    }

    /// Reads `NAME`, `NAME@alias` or `NAME:VERSION`.
    public init(_ text: String) throws {
        if let sign = text.firstIndex(of: "@") {
            try self.init(name: String(text[..<sign]), alias: String(text[text.index(after: sign)...]))
        } else if let sign = text.firstIndex(of: ":") {
            let number = text[text.index(after: sign)...]
            // One version has one spelling: +1 and 01 are none.
            guard let version = Int(number), number == "\(version)" else {
                throw RegistryError(.input, "version: '\(number.prefix(40))', expected a whole number from 1")
            }
            try self.init(name: String(text[..<sign]), version: version)
        } else {
            try self.init(name: text)
        }
    }

    /// Reads a name and, apart from it, a version's number or `@alias`: any of `NAME`, `NAME@alias`, `NAME:VERSION`,
    /// `NAME VERSION`, `NAME @alias`.
    public init(_ text: String, _ which: String?) throws {
        guard let which else {
            try self.init(text)
            return
        }
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: ":") }) else {
            throw RegistryError(
                .input, "'\(text.prefix(120)) \(which.prefix(40))': the version is said twice, expected once")
        }
        let sign = which.utf8.first
        try self.init(sign == UInt8(ascii: "@") ? text + which : "\(text):\(which)")
    }

    public var description: String {
        switch choice {
        case .alias(let alias): "\(name)@\(alias)"
        case .version(let version): "\(name):\(version)"
        }
    }
}
