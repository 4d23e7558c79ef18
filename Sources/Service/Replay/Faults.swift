import Randomness

/// What goes wrong on purpose, how often, and for which requests: the same for the same seed.
public struct Faults: Sendable {
    public enum Fault: Sendable, Hashable {
        /// An error response with this status, 400 to 599.
        case status(Int)
        /// The connection breaks in the middle of the response.
        case cut
        /// A response with status 200 whose JSON ends early.
        case malformed
        /// An answer that comes late.
        case slow
        /// A well-formed response whose answer is nonsense.
        case nonsense

        var name: String {
            switch self {
            case .status(let status): "\(status)"
            case .cut: "cut"
            case .malformed: "malformed"
            case .slow: "slow"
            case .nonsense: "nonsense"
            }
        }
    }

    private let rates: [(fault: Fault, rate: Double)]
    private let seed: UInt64
    /// After this many faults there are no more; nil for no end.
    let limit: Int?

    public static let none = Faults(rates: [], seed: 0, limit: nil)

    private init(rates: [(fault: Fault, rate: Double)], seed: UInt64, limit: Int?) {
        self.rates = rates
        self.seed = seed
        self.limit = limit
    }

    /// Reads `429=0.05,500=0.02,cut=0.01,malformed=0.01,slow=0.1,nonsense=0.02`: shares of the requests.
    public init(_ text: String, seed: UInt64 = 0, limit: Int? = nil) throws {
        let allowed = "a status from 400 to 599, cut, malformed, nonsense or slow, then = and a share from 0 to 1"
        var rates: [(fault: Fault, rate: Double)] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            guard sides.count == 2, let rate = Double(sides[1]), (0...1).contains(rate) else {
                throw ReplayError("faults: '\(part)', expected \(allowed)")
            }
            let fault: Fault
            switch sides[0] {
            case "cut": fault = .cut
            case "malformed": fault = .malformed
            case "slow": fault = .slow
            case "nonsense": fault = .nonsense
            default:
                guard let status = Int(sides[0]), (400...599).contains(status) else {
                    throw ReplayError("faults: '\(sides[0])', expected \(allowed)")
                }
                fault = .status(status)
            }
            guard !rates.contains(where: { $0.fault == fault }) else {
                throw ReplayError("faults: '\(fault.name)' is given twice, expected once")
            }
            rates.append((fault, rate))
        }
        let sum = rates.reduce(0) { $0 + $1.rate }
        guard sum <= 1 + 1e-9 else { throw ReplayError("faults: the shares add up to \(sum), expected 1 at most") }
        self.init(rates: rates, seed: seed, limit: limit)
    }

    /// The fault of a request by its number, from 0.
    func fault(ofRequest number: Int) -> Fault? {
        guard !rates.isEmpty else { return nil }
        var rest = Faults.uniform(seed, UInt64(truncatingIfNeeded: number))
        for (fault, rate) in rates {
            if rest < rate { return fault }
            rest -= rate
        }
        return nil
    }

    /// An even number from 0 up to 1.
    private static func uniform(_ seed: UInt64, _ number: UInt64) -> Double {
        var generator = SplitMix64(seed: seed &* 0xD1B5_4A32_D192_ED03 &+ number &* SplitMix64.increment)
        return generator.unit()
    }
}
