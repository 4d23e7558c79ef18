/// A weight of a model that is trained itself: where its numbers lie, and its gradient.
public struct TrainedWeight {
    public let parameters: ParameterSet
    public let entry: ParameterSet.Entry

    public init(_ parameters: ParameterSet, _ entry: ParameterSet.Entry) {
        self.parameters = parameters
        self.entry = entry
    }

    var gradient: UnsafeMutablePointer<Float> { parameters.gradient(entry) }
}

/// A vector of weights: a norm's, or a bias.
public enum WeightVector {
    case frozen([Float])
    case trained(TrainedWeight)

    public var count: Int {
        switch self {
        case .frozen(let numbers): numbers.count
        case .trained(let weight): weight.entry.count
        }
    }

    /// Where its gradient goes, if it is trained.
    var gradient: UnsafeMutablePointer<Float>? {
        if case .trained(let weight) = self { weight.gradient } else { nil }
    }

    func withNumbers<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
        switch self {
        case .frozen(let numbers):
            numbers.withUnsafeBufferPointer { body($0.baseAddress.unsafelyUnwrapped) }  // a vector has numbers
        case .trained(let weight): body(weight.parameters.value(weight.entry))
        }
    }
}
