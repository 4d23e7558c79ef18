import Foundation

/// The divergence of a student from a teacher of which only the likeliest tokens are known: every stored token is a
/// bucket, all others together are one more.
///
/// With s the logarithms of the student's buckets and L = τ² KL, dL/ds = τ (q' - p'), where p' and q' are the softened
/// buckets. These slopes add up to 0, so that dL/dlogit of a stored token is its slope, and of any other token the rest's
/// slope times its share of the rest.
struct BucketDivergence {
    private(set) var loss: Float = 0
    /// The slope of the rest, divided by what the student gives the rest.
    private(set) var restSlope: Float = 0
    /// The teacher's likeliest token.
    private(set) var likeliest: Int32?
    private let power: Double
    private var teacherSum = 0.0
    private var studentSum = 0.0

    /// What is less than this is rounding, not a rest.
    private static let smallestRest = 1e-9

    init(
        _ target: DistillationTarget, _ logits: UnsafePointer<Float>, _ logSum: Float, _ temperature: Float
    ) {
        let temperature = Double(temperature)
        power = 1 / temperature
        var teacherRest = 1.0, studentRest = 1.0, highest = -Float.infinity
        // Σ p' (ln p - ln q), to be divided by τ.
        var distance = 0.0
        for (token, logP) in zip(target.tokens, target.logProbabilities) {
            let logQ = Double(logits[Int(token)] - logSum)
            let weight = exp(Double(logP) * power)
            teacherRest -= exp(Double(logP))
            studentRest -= exp(logQ)
            teacherSum += weight
            studentSum += exp(logQ * power)
            distance += weight * (Double(logP) - logQ)
            if logP > highest { (highest, likeliest) = (logP, token) }
        }
        studentRest = max(studentRest, BucketDivergence.smallestRest)
        let studentWeight = exp(log(studentRest) * power)
        studentSum += studentWeight
        var teacherWeight = 0.0
        if teacherRest > BucketDivergence.smallestRest {
            teacherWeight = exp(log(teacherRest) * power)
            teacherSum += teacherWeight
            distance += teacherWeight * log(teacherRest / studentRest)
        }
        loss = Float(
            temperature * temperature * (distance / teacherSum * power + log(studentSum) - log(teacherSum)))
        restSlope = Float(temperature * (studentWeight / studentSum - teacherWeight / teacherSum) / studentRest)
    }

    /// Adds the stored tokens' slopes to a gradient that has the rest's for every token.
    func addSlopes(
        to gradient: UnsafeMutablePointer<Float>, _ target: DistillationTarget, _ logits: UnsafePointer<Float>,
        _ logSum: Float
    ) {
        for (token, logP) in zip(target.tokens, target.logProbabilities) {
            let logQ = Double(logits[Int(token)] - logSum)
            let slope = (exp(logQ * power) / studentSum - exp(Double(logP) * power) / teacherSum) / power
            gradient[Int(token)] += target.weight * Float(slope - Double(restSlope) * exp(logQ))
        }
    }
}
