import Foundation

extension TemplateFilters {
    static let numbers: [String: TemplateFilter] = [
        "int": { _, value, arguments in
            let given = try arguments.bind("filter 'int'", ["default", "base"])
            let base = try given[1]?.integer("filter 'int'") ?? 10
            if case .text(let text) = value {
                if let number = PythonNumber.parseInteger(text.string, base: base) { return .integer(number) }
                let number = PythonNumber.parseFloat(text.string).flatMap(PythonNumber.integer)
                return number.map(TemplateValue.integer) ?? given[0] ?? .integer(0)
            }
            if let number = value.integerValue { return .integer(number) }
            if case .undefined(let undefined) = value { throw TemplateFailure("filter 'int': \(undefined.message)") }
            return value.doubleValue.flatMap(PythonNumber.integer).map(TemplateValue.integer) ?? given[0] ?? .integer(0)
        },
        "float": { _, value, arguments in
            let fallback = try arguments.bind("filter 'float'", ["default"])[0] ?? .float(0)
            if case .text(let text) = value {
                return PythonNumber.parseFloat(text.string).map(TemplateValue.float) ?? fallback
            }
            if case .undefined(let undefined) = value { throw TemplateFailure("filter 'float': \(undefined.message)") }
            return value.doubleValue.map(TemplateValue.float) ?? fallback
        },
        "abs": { _, value, _ in
            if case .float(let number) = value { return .float(number.magnitude) }
            guard let number = value.integerValue else {
                throw TemplateFailure("filter 'abs': \(value.typeName), expected a number")
            }
            guard number != Int.min else { throw PythonNumber.tooLarge }
            return .integer(abs(number))
        },
        "round": round,
        "sum": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'sum'", ["attribute", "start"])
            var total = given[1] ?? .integer(0)
            for element in try elements(value, "sum", interpreter) {
                total = try interpreter.binary("+", total, try Self.value(at: given[0], of: element, interpreter))
            }
            return total
        },
        "filesizeformat": { _, value, arguments in
            let isBinary = try arguments.bind("filter 'filesizeformat'", ["binary"])[0]?.isTrue ?? false
            let given = value.textValue.flatMap { PythonNumber.parseFloat($0.string) } ?? value.doubleValue
            guard let bytes = given else {
                throw TemplateFailure("filter 'filesizeformat': \(value.typeName), expected a number")
            }
            let base = isBinary ? 1024.0 : 1000.0
            if bytes == 1 { return .text("1 Byte") }
            if bytes < base { return .text("\(PythonNumber.integer(bytes) ?? 0) Bytes") }
            let prefixes =
                isBinary ? ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] : ["k", "M", "G", "T", "P", "E", "Z", "Y"]
            var unit = base
            for prefix in prefixes.dropLast() {
                if bytes < unit * base { return .text(String(format: "%.1f ", bytes / unit) + prefix + "B") }
                unit *= base
            }
            return .text(String(format: "%.1f ", bytes / unit) + prefixes[prefixes.count - 1] + "B")
        },
    ]

    private static let round: TemplateFilter = { _, value, arguments in
        let given = try arguments.bind("filter 'round'", ["precision", "method"])
        let precision = try given[0]?.integer("filter 'round'") ?? 0
        let method = given[1]?.asText.string ?? "common"
        if case .undefined(let undefined) = value { throw TemplateFailure("filter 'round': \(undefined.message)") }
        guard let number = value.doubleValue else {
            throw TemplateFailure("filter 'round': \(value.typeName), expected a number")
        }
        guard (-300...300).contains(precision) else {
            throw TemplateFailure("filter 'round': precision \(precision), expected -300 to 300")
        }
        let scale = pow(10, Double(precision))
        switch method {
        case "common":
            if let whole = value.integerValue {
                if precision >= 0 { return .integer(whole) }
                let unit = Int(exactly: pow(10, Double(-precision)))
                guard let unit else { return .integer(0) }
                let rest = try PythonNumber.modulo(whole, unit)
                let lower = whole - rest
                let isUp = rest * 2 > unit || (rest * 2 == unit && (lower / unit) % 2 != 0)
                return .integer(isUp ? lower + unit : lower)
            }
            if precision > 0 {
                // The decimal digits of the exact value decide, as in Python.
                return .float(Double(String(format: "%.\(precision)f", number)) ?? number)
            }
            return .float((number * scale).rounded(.toNearestOrEven) / scale)
        // Python makes whole numbers on the way, which know no negative zero.
        case "ceil": return .float(((number * scale).rounded(.up) + 0) / scale)
        case "floor": return .float(((number * scale).rounded(.down) + 0) / scale)
        default: throw TemplateFailure("filter 'round': method '\(method)', expected common, ceil or floor")
        }
    }

}
