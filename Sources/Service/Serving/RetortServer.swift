import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Registry
import ServiceLifecycle
public import Storage
import Teachers
import UnixSignals

/// The OpenAI-compatible server: one base, any number of adapters that follow registry aliases.
public struct RetortServer: Sendable {
    /// Whose money escalation spends, in the workspace's book; no task can have this name.
    private static let account = "retort-serve escalation"

    private let configuration: ServeConfiguration
    private let workspace: Workspace
    /// Keeps other processes away from the money that escalation spends; nil where it has no limit.
    private let budgetLock: FileLock?
    private let catalog: ServingCatalog
    private let loader: VersionLoader
    private let baseFile: HeldFile
    private let registry: ReleaseRegistry
    private let admission: Admission
    private let decisionLog: DecisionLog?
    private let say: @Sendable (String) -> Void
    private let warn: @Sendable (String) -> Void
    private let detail: (@Sendable (String) -> Void)?

    /// Loads and verifies everything that is to be served.
    ///
    /// - Parameter detail: is told of every request; nil where nobody listens.
    /// - Throws: ``ServingError`` or what reading a file throws: a missing base, an adapter for another base, an alias
    ///   that does not exist, a log that cannot be written.
    public init(
        _ configuration: ServeConfiguration, workspace: Workspace, say: @escaping @Sendable (String) -> Void,
        warn: @escaping @Sendable (String) -> Void, detail: (@Sendable (String) -> Void)? = nil
    ) throws {
        let warn: @Sendable (String) -> Void = { warn(RequestIdentifier.marked($0)) }
        self.configuration = configuration
        self.workspace = workspace
        self.say = say
        self.warn = warn
        self.detail = detail
        // Before it is read, so that no change goes by unseen.
        baseFile = try HeldFile(path: configuration.base)
        let loader = try VersionLoader(
            base: configuration.base, template: configuration.template, pool: configuration.pool,
            store: workspace.store, tasks: configuration.tasks, threshold: configuration.threshold, warn: warn)
        let registry = try ReleaseRegistry(workspace: workspace)
        var slots: [ServingSlot] = []
        for selector in configuration.models where !slots.contains(where: { $0.selector == selector }) {
            guard case .alias = selector.choice else {
                throw ServingError(
                    "model \(selector): a version, expected NAME or NAME@alias",
                    hint: "requests may name \(selector) once an alias of \(selector.name) is served")
            }
            guard selector.name != loader.base.name else {
                throw ServingError("model \(selector): the base has this name, expected another")
            }
            slots.append(ServingSlot(selector, try loader.load(try registry.resolve(selector))))
        }
        catalog = ServingCatalog(
            slots: slots, registry: registry, loader: loader, servesUnpromoted: configuration.servesUnpromoted,
            warn: warn)
        if let warning = configuration.accessKey?.warning { warn(warning) }
        admission = Admission(
            key: configuration.accessKey,
            clients: try configuration.clients.map { try ClientBook(path: $0, say: say, warn: warn) })
        // 'retort-label ledger settle' takes the lock of this name, too.
        budgetLock = try configuration.escalationLimits.budget.map { _ in
            try FileLock(
                path: workspace.path("locks/label-\(RetortServer.account).lock"),
                purpose: "the escalation budget of workspace \(workspace.path)")
        }
        decisionLog = try configuration.decisionLog.map { try DecisionLog(path: $0, warn: warn) }
        self.loader = loader
        self.registry = registry
    }

    /// Serves until SIGTERM or SIGINT comes (or the task is cancelled), then finishes what is in flight.
    ///
    /// - Parameter onReady: is told the URL once requests are taken.
    /// - Throws: ``ServingError`` when the address cannot be listened on.
    public func run(onReady: @escaping @Sendable (_ url: String) -> Void) async throws {
        let queue = WorkQueue(concurrency: configuration.concurrency, capacity: configuration.queueCapacity)
        var logger = Logger(label: "retort-serve")
        logger.logLevel = .critical
        let host = configuration.host
        let connections = OpenConnections(capacity: OpenConnections.capacity(wanted: configuration.maximumConnections))
        let limits = ConnectionLimits(
            clientTimeout: .nanoseconds(Int64(configuration.clientTimeout / .nanoseconds(1))),
            maximumBodyByteCount: configuration.maximumBodyByteCount, log: { detail?($0) })
        let underWay = AnswersUnderWay()
        let application = Application(
            responder: makeResponder(queue, underWay, connections, try await makeEscalation()),
            server: HTTPServerBuilder { HTTPConnection(responder: $0, limits: limits, connections: connections) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: configuration.port),
                availableConnectionsDelegate: AcceptGate(connections)),
            onServerRunning: { channel in
                let name = host.contains(":") ? "[\(host)]" : host
                let url = "http://\(name):\(channel.localAddress?.port ?? 0)"
                if admission.isOpen, !ListenAddress.isLoopback(channel.localAddress) {
                    warn(
                        "\(url) is open to everyone who reaches it; --clients, --api-key-file or --api-key-env asks for a key"
                    )
                }
                onReady(url)
            },
            logger: logger)
        let follower = SlotFollower(
            registry: registry, loader: loader, slots: catalog.slots, interval: configuration.pollInterval, say: say,
            warn: warn)
        var services: [any Service] = [
            // What begins first is stopped last: answers come to their ends behind the last connection.
            follower, underWay, application, HangupListener(say: say) { try decisionLog?.reopen() },
            // Answers would be those of another model, unsaid.
            EverySecond { [baseFile, digest = loader.base.artifact] in try baseFile.check(against: digest) },
        ]
        if let clients = admission.clients { services.append(EverySecond { clients.refresh() }) }
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = configuration.timeout + .seconds(5)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch is SocketAddressError.UnknownHost {
            throw ServingError("cannot listen on \(host): no address of this name, expected a name or an address")
        } catch let error as IOError {
            let place = "\(host):\(configuration.port)"
            guard error.errnoCode == EADDRINUSE else {
                throw ServingError("cannot listen on \(place): \(String(cString: strerror(error.errnoCode)))")
            }
            throw ServingError(
                "cannot listen on \(place): occupied by another process, expected a free port",
                hint: "choose another --port, or 0 for any free one")
        }
    }

    /// The frontier endpoint, with the book of what it may cost.
    private func makeEscalation() async throws -> Escalation? {
        guard let endpoint = configuration.escalation else { return nil }
        let limits = configuration.escalationLimits
        if endpoint.prices == .free, admission.clients?.accounts.contains(where: \.countsEscalation) ?? false {
            warn(
                "escalation_usd_per_day limits nothing: without --escalate-budget-usd and its prices every answer of the "
                    + "frontier counts as free")
        }
        guard let limit = limits.budget else { return Escalation(endpoint, limits, budget: nil, warn: warn) }
        let budget = try await Budget(
            account: RetortServer.account, limit: limit, window: .day,
            ledger: TeacherLedger(database: try workspace.database(TeacherLedger.migrations)))
        return Escalation(endpoint, limits, budget: budget, warn: warn)
    }

    private func makeResponder(
        _ queue: WorkQueue, _ underWay: AnswersUnderWay, _ connections: OpenConnections, _ escalation: Escalation?
    ) -> Responder {
        let bodies = BodyReader(
            maximumByteCount: configuration.maximumBodyByteCount,
            bytes: ByteBudget(capacity: max(64 << 20, 4 * configuration.maximumBodyByteCount)),
            queue: WorkQueue(concurrency: 2, capacity: configuration.queueCapacity + 128))
        let information = InformationRoutes(
            catalog: catalog, queue: queue, connections: connections, escalation: escalation, decisionLog: decisionLog,
            startedAt: Date(),
            admission: admission)
        let completions = CompletionRoutes(
            catalog: catalog, answerer: Answerer(queue: queue, escalation: escalation), underWay: underWay,
            decisionLog: decisionLog, bodies: bodies, timeout: configuration.timeout)
        return Responder(
            routes: information.routes + completions.routes, admission: admission,
            crossOrigin: CrossOrigin(origins: configuration.crossOrigins), warn: warn, log: detail)
    }
}
