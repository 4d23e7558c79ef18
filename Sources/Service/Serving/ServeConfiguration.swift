public import Registry
public import Tasks
public import Teachers
public import Tensors

/// Everything that a server is started with; `Documentation/Formats/ServeConfiguration.md` has the flags.
public struct ServeConfiguration: Sendable {
    /// The base model's file.
    public var base: String
    /// A chat template in place of the base's own: a built-in one's name, or a Jinja file.
    public var template: String?
    public var tasks: [TaskDefinition] = []
    /// The aliases to follow.
    public var models: [VersionSelector] = []
    public var host = "127.0.0.1"
    /// 0 takes any free port.
    public var port = 8080
    /// How often the registry's counter is looked at.
    public var pollInterval: Duration = .milliseconds(200)
    /// Where decisions are appended, JSON Lines.
    public var decisionLog: String?
    /// The frontier endpoint that unsure answers go to.
    public var escalation: TeacherEndpoint?
    public var escalationLimits = EscalationLimits()
    /// Overrides the threshold of every task.
    public var threshold: Double?
    /// The owner's key, to be brought as a bearer token.
    public var accessKey: AccessKey?
    /// The file that names clients, their keys and their quotas.
    public var clients: String?
    /// Whether requests may name versions that no alias ever led to.
    public var servesUnpromoted = false
    /// How many requests the engine works on at once.
    public var concurrency = 2
    /// How many more may wait; one more is answered with 429.
    public var queueCapacity = 128
    /// The most bytes that a request body may have.
    public var maximumBodyByteCount = 4 << 20
    /// How long a request may take, its time in the queue included.
    public var timeout: Duration = .seconds(120)

    /// How many connections are open at once, at most; fewer where the process may not open so many files.
    public var maximumConnections = 1024
    /// How long a client may take to send the head or the body of a request, or pause in taking its answer.
    public var clientTimeout: Duration = .seconds(30)
    /// The origins whose pages may ask from a browser: `https://app.example`, or `*`.
    public var crossOrigins: [String] = []

    /// Whose threads compute.
    public var pool = ThreadPool.shared

    public init(base: String) { self.base = base }
}
