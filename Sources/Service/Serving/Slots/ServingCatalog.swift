import Registry
import Synchronization

/// All that can answer here, by the name that a request's `model` field has for it.
final class ServingCatalog: Sendable {
    /// Versions asked for by number that stay loaded; more are loaded again when they are asked for.
    private static let pinnedCapacity = 8

    let base: ServedVersion
    let slots: [ServingSlot]
    private let registry: ReleaseRegistry
    private let loader: VersionLoader
    private let servesUnpromoted: Bool
    private let warn: @Sendable (String) -> Void
    /// Versions that were asked for by number, the one used last at the end.
    private let pinned = Mutex<[ServedVersion]>([])

    init(
        slots: [ServingSlot], registry: ReleaseRegistry, loader: VersionLoader, servesUnpromoted: Bool,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.servesUnpromoted = servesUnpromoted
        self.warn = warn
        base = loader.base
        self.slots = slots
        self.registry = registry
        self.loader = loader
    }

    /// The version that a request means: `NAME`, `NAME@alias`, `NAME:VERSION` or the base's name.
    ///
    /// Blocks while a version asked for by number is loaded.
    /// - Throws: ``APIError`` 404 that lists what there is.
    func version(for model: String) throws -> ServedVersion {
        if model == base.name { return base }
        guard let selector = try? VersionSelector(model) else { throw unknown(model) }
        switch selector.choice {
        case .alias:
            let isBare = !model.contains("@")
            let named = slots.filter { $0.selector.name == selector.name }
            let exact = named.first { $0.selector == selector }
            // A bare name means its production alias, or the one alias that is followed.
            guard let slot = exact ?? (isBare && named.count == 1 ? named.first : nil) else { throw unknown(model) }
            return slot.current
        case .version(let number):
            guard slots.contains(where: { $0.selector.name == selector.name }) else { throw unknown(model) }
            return try pin(selector, number, model)
        }
    }

    /// Every slot's names, then the base.
    var models: [(id: String, version: ServedVersion)] {
        slots.map { slot in
            let isAlone = slots.filter { $0.selector.name == slot.selector.name }.count == 1
            let isDefault = slot.selector.choice == .alias(VersionSelector.defaultAlias)
            return (isDefault || isAlone ? slot.selector.name : slot.selector.description, slot.current)
        } + [(base.name, base)]
    }

    private func pin(_ selector: VersionSelector, _ number: Int, _ model: String) throws -> ServedVersion {
        let current = slots.map(\.current).first { $0.name == selector.name && $0.record?.version == number }
        if let current { return current }
        let known = pinned.withLock { pinned -> ServedVersion? in
            let index = pinned.firstIndex { $0.name == selector.name && $0.record?.version == number }
            return index.map { index in
                let version = pinned.remove(at: index)
                pinned.append(version)
                return version
            }
        }
        if let known { return known }
        let record: RegistryVersion
        let isServed: Bool
        do {
            record = try registry.resolve(selector)
            isServed = try servesUnpromoted || registry.wasPromoted(record.name, version: record.version)
        } catch let error as RegistryError where error.kind == .input {
            throw unknown(model)
        } catch {
            warn("a request asked for \(selector): \(error)")
            throw notLoadable(selector)
        }
        guard isServed else {
            throw APIError(
                status: 404, message: "the model '\(selector)' was never promoted, and is not for requests",
                parameter: "model", code: "model_not_found")
        }
        let version: ServedVersion
        do {
            version = try loader.load(record)
        } catch let error as ServingError {
            warn("a request asked for \(selector): \(error.description)")
            throw notLoadable(selector)
        }
        pinned.withLock { pinned in
            pinned.append(version)
            if pinned.count > ServingCatalog.pinnedCapacity { pinned.removeFirst() }
        }
        return version
    }

    private func notLoadable(_ selector: VersionSelector) -> APIError {
        APIError(
            status: 503, message: "the model '\(selector)' cannot be loaded here", type: "api_error",
            code: "model_not_loadable")
    }

    private func unknown(_ model: String) -> APIError {
        let known = models.map { "'\($0.id)'" }.joined(separator: ", ")
        return APIError(
            status: 404, message: "the model '\(model.prefix(120))' does not exist here; known are \(known)",
            parameter: "model", code: "model_not_found")
    }
}
