import JSON
import Storage
import Testing

/// What a reader asks for, as JSON Schema.
@Suite struct ConfigurationSchemaTests {
    private enum Kind: String, CaseIterable { case plain, boxed }

    private func read(_ file: ConfigurationFile) throws {
        let root = file.root
        _ = root.string("name")
        if root.has("count") { _ = root.integer("count", in: 1...9) }
        let kind: Kind = root.choice("kind", default: .plain)
        // What is asked for depends on what was read.
        if kind == .boxed { _ = root.section("box").number("width", default: 1.5, in: 0...2) }
        for item in root.sections("items", isRequired: kind == .plain) {
            _ = (item.boolean("good", default: true), item.strings("words"))
        }
        _ = root.section("free", isRequired: false).keys
        _ = root.json("any", as: ["type": "array"])
        root.report("name", found: "a problem that a described reading has", expected: "silence")
        try file.finish()
    }

    @Test func theReaderIsTheSchema() throws {
        let texts = #"{"type":["string","number","boolean"]}"#
        let expected = """
            {"$schema":"https://json-schema.org/draft/2020-12/schema","title":"t","type":"object","properties":{\
            "name":\(texts),"count":{"type":"integer","minimum":1,"maximum":9},\
            "kind":{"enum":["plain","boxed"],"default":"plain"},\
            "items":{"type":"array","items":{"type":"object","properties":{\
            "good":{"type":"boolean","default":true},\
            "words":{"anyOf":[\(texts),{"type":"array","items":\(texts)}]}},\
            "required":["words"],"additionalProperties":false}},\
            "free":{"type":"object","properties":{},"additionalProperties":true},"any":{"type":"array"},\
            "box":{"type":"object","properties":{"width":{"type":"number","minimum":0.0,"maximum":2.0,"default":1.5}},\
            "additionalProperties":false}},"required":["name"],"additionalProperties":false}
            """
        let schema = try ConfigurationFile.schema(title: "t", read)
        #expect(schema == (try JSONValue(parsing: expected)), "\(schema.serialized())")
        // The same reader still reads files.
        #expect(throws: ConfigurationError.self) { try read(ConfigurationFile(text: "name: x", path: "p")) }
    }
}
