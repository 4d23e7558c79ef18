import ArgumentParser
import StageInterface

/// Looks inside: what a model file says, which ids a text becomes, which text a conversation becomes, which logits.
@main
struct Inspect: RootCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-inspect",
        abstract:
            "Look inside a model: metadata, token ids, rendered templates, logits, tensors, adapters; print schemas.",
        discussion: "Example: retort-inspect gguf model.gguf",
        version: retortVersion,
        subcommands: [
            InspectGGUF.self, InspectTensor.self, InspectTokenize.self, InspectTemplate.self, InspectLogits.self,
            InspectAdapter.self, InspectSchema.self,
        ])
}
