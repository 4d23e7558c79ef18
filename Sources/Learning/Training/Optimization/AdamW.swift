public import Autograd
import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019) over all numbers of a parameter set.
public final class AdamW {
    public struct Settings: Sendable, Hashable {
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-8
        public var weightDecay = 0.01
        /// The largest norm of a step's gradient.
        public var clip = 1.0

        public init() {}
    }

    /// What some matrices do otherwise than the settings say.
    public struct Group: Sendable, Hashable {
        /// Multiplies the learning rate.
        public var rateFactor: Double
        public var decays: Bool

        public init(rateFactor: Double = 1, decays: Bool = true) {
            self.rateFactor = rateFactor
            self.decays = decays
        }
    }

    public let settings: Settings
    private let parameters: ParameterSet
    /// Neighbors of one group together.
    private let groups: [(range: Range<Int>, group: Group)]
    let moment1: UnsafeMutablePointer<Float>
    let moment2: UnsafeMutablePointer<Float>
    /// Steps taken.
    public internal(set) var step = 0

    /// - Parameter group: of each matrix.
    public init(
        _ parameters: ParameterSet, settings: Settings = Settings(),
        group: (ParameterSet.Entry) -> Group = { _ in Group() }
    ) {
        self.parameters = parameters
        self.settings = settings
        var groups: [(range: Range<Int>, group: Group)] = []
        for entry in parameters.entries {
            let (end, own) = (entry.offset + entry.count, group(entry))
            if let last = groups.last, last.group == own {
                groups[groups.count - 1].range = last.range.lowerBound..<end
            } else {
                groups.append((entry.offset..<end, own))
            }
        }
        self.groups = groups
        moment1 = .allocate(capacity: max(1, parameters.count))
        moment2 = .allocate(capacity: max(1, parameters.count))
        moment1.initialize(repeating: 0, count: parameters.count)
        moment2.initialize(repeating: 0, count: parameters.count)
    }

    deinit {
        moment1.deallocate()
        moment2.deallocate()
    }

    /// The norm of the gradient over all parameters, before clipping.
    public var gradientNorm: Double {
        VectorOperations.sumOfSquares(parameters.gradients, count: parameters.count).squareRoot()
    }

    /// Clips and applies the gradients: p ← p (1 - rate · decay) - rate · m̂ / (√v̂ + ε).
    public func update(learningRate: Double, gradientNorm: Double) {
        step += 1
        let scale = min(1, settings.clip / (gradientNorm + 1e-6))
        for (range, group) in groups {
            let first = range.lowerBound
            VectorOperations.adamW(
                parameters.values + first, moment1: moment1 + first, moment2: moment2 + first,
                gradients: parameters.gradients + first, count: range.count, gradientScale: Float(scale),
                learningRate: Float(learningRate * group.rateFactor),
                weightDecay: group.decays ? Float(settings.weightDecay) : 0, beta1: Float(settings.beta1),
                beta2: Float(settings.beta2), epsilon: Float(settings.epsilon),
                correction1: Float(1 / (1 - power(settings.beta1, step))),
                correction2: Float(1 / (1 - power(settings.beta2, step))))
        }
    }

    /// The work of an update that changes nothing, to be timed; gradients must be zero.
    ///
    /// Moments keep 1 of themselves and take 0 of a gradient of -0: the one that, added to either zero, leaves its sign.
    func rehearse() {
        _ = gradientNorm
        VectorOperations.adamW(
            parameters.values, moment1: moment1, moment2: moment2, gradients: parameters.gradients,
            count: parameters.count, gradientScale: -1, learningRate: 0, weightDecay: 0, beta1: 1, beta2: 1,
            epsilon: Float(settings.epsilon), correction1: 1, correction2: 1)
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1.0) { product, _ in product * base }
    }
}
