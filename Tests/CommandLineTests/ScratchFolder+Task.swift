import TestSupport

extension ScratchFolder {
    /// Writes a task of two labels; `gate` is what an adapter must reach.
    func writeTask(gate: String = "") throws -> String {
        try write(
            "task.yaml",
            """
            name: sample
            labels: [{name: refund}, {name: track}]
            prompts:
              student: {system: Name the intent., user: "{input}"}
              teacher: {user: "{input}"}
            gate: {\(gate)}
            """)
    }

    /// Two rows of a dataset for that task, one of each label.
    static let rows =
        #"{"messages":[{"role":"user","content":"money back"},{"role":"assistant","content":"refund"}]}"# + "\n"
        + #"{"messages":[{"role":"user","content":"where is it"},{"role":"assistant","content":"track"}]}"# + "\n"
}
