import ArgumentParser
import Serving

/// Who may ask.
struct KeyFlags: ParsableArguments {
    @Option(help: "The file that holds the owner's key: no quota, and all of /healthz.") var apiKeyFile: String?
    @Option(help: "The environment variable that holds the owner's key.") var apiKeyEnv: String?
    @Option(
        help: ArgumentHelp(
            """
            The file that names clients, with digests of their keys and their quotas, YAML; read anew when it changes. \
            `retort-serve key` makes a key.
            """, valueName: "file"))
    var clients: String?

    func validate() throws {
        if apiKeyFile != nil, apiKeyEnv != nil {
            throw ValidationError("--api-key-file and --api-key-env exclude each other")
        }
    }

    func makeAccessKey() throws -> AccessKey? {
        if let apiKeyEnv { return try AccessKey(environment: apiKeyEnv) }
        return try apiKeyFile.map { try AccessKey(file: $0) }
    }
}
