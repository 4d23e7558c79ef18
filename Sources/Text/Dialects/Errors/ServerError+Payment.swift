extension ServerError {
    /// Whether a response says that the account has no money left: no request will succeed until somebody pays.
    ///
    /// - Parameters:
    ///   - words: the message as it may be shown, without what it quotes of the request.
    ///   - hasWait: whether the server says when to come again. Some name the billing page in every answer to haste.
    package func wantsPayment(status: Int, words: String, hasWait: Bool) -> Bool {
        if status == 402 { return true }
        guard [400, 403, 412, 429].contains(status) else { return false }
        // A code is the vendor's own; it cannot quote anybody.
        let codes = self.words.map { $0.lowercased() }
        if codes.contains(where: { code in ServerError.moneyCodes.contains { code.contains($0) } }) { return true }
        let message = words.lowercased()
        let isHaste =
            hasWait || codes.contains { $0.contains("rate_limit") } || message.contains("retry in")
            || message.contains("try again in")
        if status == 429, isHaste { return false }
        guard !ServerError.moderationWords.contains(where: message.contains) else { return false }
        return ServerError.moneyWords.contains(where: message.contains)
    }

    /// Whether a refusal is about what was said, whatever its status.
    package static func isAboutContent(_ words: String) -> Bool {
        let message = words.lowercased()
        return moderationWords.contains(where: message.contains)
    }

    private static let moneyCodes = [
        "quota", "billing", "balance", "credit", "payment", "arrear", "insufficient_funds", "prepaid", "unpaid",
    ]
    private static let moneyWords = [
        "billing", "credit balance", "credit limit", "credits", "out of credit", "insufficient credit", "balance",
        "current quota", "monthly quota", "quota exhausted", "quota has been", "exceeded your quota",
        "insufficient quota",
        "insufficient funds", "out of funds", "enough funds", "payment", "prepaid", "prepay", "unpaid", "invoice",
        "arrear", "overdue", "spend limit", "spending limit", "usage limit", "spending cap", "top up", "top-up",
        "recharge", "good standing", "余额", "欠费", "充值",
    ]
    private static let moderationWords = [
        "moderation", "flagged", "content policy", "content_policy", "usage policy", "usage policies", "safety",
        "content filter", "content management", "harmful", "inappropriate", "sensitive", "blocked by",
    ]
}
