/// The rule for names of artifacts and aliases: letters, digits, `.`, `_` and `-`, at most 100, a letter or digit
/// first. `@`, `:` and `/` stay free for selectors and paths.
enum RegistryName {
    static func check(_ name: String, as what: String) throws {
        let isValid =
            (1...100).contains(name.utf8.count)
            && name.utf8.enumerated().allSatisfy { index, byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): index > 0
                default: false
                }
            }
        guard isValid else {
            throw RegistryError(
                .input,
                "\(what): '\(name.prefix(120))', expected 1 to 100 letters, digits, '.', '_' or '-', "
                    + "a letter or digit first")
        }
    }
}
