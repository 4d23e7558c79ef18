import JSON
import Storage
import Testing

@Suite struct ConfigurationTests {
    private enum Shape: String, CaseIterable { case round, square }

    private func read(_ yaml: String, _ body: (ConfigurationSection) -> Void) throws {
        let file = try ConfigurationFile(text: yaml, path: "f.yaml")
        body(file.root)
        try file.finish()
    }

    @Test func readsEachKind() throws {
        try read("a: x\nb: 3\nc: 2.5\nd: true\ne: [p, q]\nf: {g: 1}\nh: square\ni: one\n") { root in
            #expect(root.string("a") == "x")
            #expect(root.integer("b", in: 1...9) == 3)
            #expect(root.number("c", in: 0...9) == 2.5)
            #expect(root.boolean("d"))
            #expect(root.strings("e") == ["p", "q"])
            #expect(root.section("f").integer("g", in: 0...1) == 1)
            #expect((root.choice("h") as Shape) == .square)
            #expect(root.strings("i") == ["one"])
            #expect(root.integer("absent", default: 7, in: 0...9) == 7)
        }
    }

    @Test func everyProblemIsThrownTogetherWithItsLine() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try read("rank: many\nalhpa: 3\nshape: oval\n") { root in
                _ = root.integer("rank", in: 1...8)
                _ = root.number("alpha", in: 0...1)
                _ = root.choice("shape") as Shape
            }
        }
        #expect(
            error?.problems == [
                "line 1: rank: 'many', expected a whole number from 1 to 8",
                "line 1: alpha: missing, expected a number from 0.0 to 1.0",
                "line 3: shape: 'oval', expected one of round, square",
                "line 2: alhpa: unknown key; did you mean 'alpha'?",
            ])
    }

    @Test func whatIsNotYAMLSaysWhere() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFile(text: "a: [1,\nb", path: "f.yaml")
        }
        #expect(error?.description.hasPrefix("f.yaml: line 3, column 1: not valid YAML: ") == true)
    }

    @Test func nestedValuesAreJSON() throws {
        try read("schema: {type: object, required: [a, \"1\"], n: 1, f: 1.5, t: yes please}\n") { root in
            #expect(
                root.json("schema")?.serialized()
                    == #"{"type":"object","required":["a","1"],"n":1,"f":1.5,"t":"yes please"}"#)
        }
    }

    /// YAML 1.1 would make false, 8, 750 and 31 of some of these, in the enum of a schema, too.
    @Test func plainWordsStayWords() throws {
        // Numbers that JSON writes the same way keep their digits.
        let thousand = try JSONValue(parsing: "1e3"), half = try JSONValue(parsing: "1.50")
        let expected: JSONValue = [
            "yes", "No", thousand, "12:30", "010", "0x1F", "1_000", true, .null, -4, 0.5, 3, half, "2",
        ]
        try read("enum: [yes, No, 1e3, 12:30, 010, 0x1F, 1_000, true, ~, -4, .5, +3, 1.50, '2']\n") { root in
            #expect(root.json("enum") == expected)
        }
        try read("a: 1.0\nb: 1e2\nc: yes\nd: OFF\ne: [no, 010]\nf: 404\n") { root in
            #expect(root.integer("a", in: 0...9) == 1)
            #expect(root.integer("b", in: 0...200) == 100)
            #expect(root.boolean("c") && !root.boolean("d"))
            #expect(root.strings("e") == ["no", "010"])
            #expect(root.string("f") == "404")
        }
    }
}
