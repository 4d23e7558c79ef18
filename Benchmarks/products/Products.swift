import Foundation
import GGUF
import Quantization
import Tensors

/// Measures products with frozen matrices, as `run.py` asks: a JSON object a line in, one out.
@main struct Products {
    struct Request: Decodable {
        var precision: Precision.RawValue
        var type: String
        var count: Int
        var columns: Int
        /// One matrix of so many rows each; several share x.
        var rows: [Int]
        /// `forward`: x · Wᵀ; `backward`: dy · W, of the first matrix.
        var direction: String
        /// Whether x is rounded beforehand, as a peer that is given bfloat16 has it.
        var isRounded: Bool
        var threads: Int
        var seconds: Double
    }

    struct Answer: Encodable {
        var bestSeconds: Double
        var runs: Int
        var instructionSet: String
    }

    static func main() throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        while let line = readLine() {
            let answer = try measure(try decoder.decode(Request.self, from: Data(line.utf8)))
            FileHandle.standardOutput.write(try encoder.encode(answer) + Data("\n".utf8))
        }
    }

    private static func measure(_ request: Request) throws -> Answer {
        guard let precision = Precision(rawValue: request.precision),
            let type = GGMLType.allCases.first(where: { $0.name.lowercased() == request.type }),
            request.rows.count == 1 || request.direction == "forward"
        else { throw TensorError("request not understood: \(request)") }
        let pool = ThreadPool(threads: request.threads)
        let matrices = try request.rows.map { try matrix(type, rows: $0, columns: request.columns) }
        let isForward = request.direction == "forward"
        let inputs = isForward ? request.columns : request.rows[0]
        let x = numbers(request.count * inputs)
        let targets = (isForward ? request.rows : [request.columns]).map {
            UnsafeMutableBufferPointer<Float>.allocate(capacity: request.count * $0)
        }
        defer { for target in targets { target.deallocate() } }
        for target in targets { target.initialize(repeating: 0) }
        let places = targets.compactMap(\.baseAddress)
        let parts = Array(zip(matrices, places)).map { (matrix: $0, y: $1) }

        func timed(_ product: () -> Void) -> Answer {
            product()
            let start = now(CLOCK_MONOTONIC)
            // One thread is measured by what it used, so that other work on the machine takes nothing away.
            let clock = request.threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC
            var best = Double.infinity
            var runs = 0
            repeat {
                let before = now(clock)
                product()
                best = min(best, now(clock) - before)
                runs += 1
            } while now(CLOCK_MONOTONIC) - start < request.seconds || runs < 3
            return Answer(bestSeconds: best, runs: runs, instructionSet: precision.instructionSet)
        }
        if precision == .bf16, request.isRounded {
            var answer = Answer(bestSeconds: 0, runs: 0, instructionSet: "")
            PanelRows.pack(
                x, count: request.count, columns: inputs, for: PanelKernels(.chosen, .bfloat16), pool: pool
            ) { rounded in
                answer = timed {
                    if isForward {
                        FrozenMatrix.multiply(rounded, by: parts, pool: pool)
                    } else {
                        matrices[0].multiplyTransposed(rounded, into: places[0], accumulate: false, pool: pool)
                    }
                }
            }
            return answer
        }
        return timed {
            if isForward {
                FrozenMatrix.multiply(x, count: request.count, by: parts, pool: pool, precision: precision)
            } else {
                matrices[0].multiplyTransposed(
                    x, count: request.count, into: places[0], pool: pool, accumulate: false, precision: precision)
            }
        }
    }

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func matrix(_ type: GGMLType, rows: Int, columns: Int) throws -> FrozenMatrix {
        let values = numbers(rows * columns)
        let owner = Bytes(type.byteCount(elements: values.count))
        guard let start = owner.buffer.baseAddress else { throw TensorError("matrix without elements") }
        try Quantizer.quantize(type, from: values, to: start, rows: rows, columns: columns)
        return try FrozenMatrix(
            rows: rows, columns: columns, type: type, bytes: UnsafeRawBufferPointer(owner.buffer), owner: owner)
    }

    /// Numbers in -1 ..< 1 that look random.
    private static func numbers(_ count: Int) -> [Float] {
        var state: UInt32 = 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(state >> 8) / 8_388_608 - 1
        }
    }
}

/// Memory that a matrix keeps alive.
private final class Bytes: Sendable {
    nonisolated(unsafe) let buffer: UnsafeMutableRawBufferPointer  // written only before the matrix is made

    init(_ count: Int) { buffer = .allocate(byteCount: count, alignment: 64) }

    deinit { buffer.deallocate() }
}
