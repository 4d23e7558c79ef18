import Dialects
import Synchronization

extension TeacherClient {
    /// The form that requests have now: what was learned in this run or an earlier one, else what is known.
    func currentForm() async throws -> RequestForm {
        if let form = state.withLock({ $0.form }) { return form }
        var known = endpoint.knownForm
        let kept = try await ledger?.form(of: endpoint.teacher)
        if let kept {
            known.limitName = kept.limitName
            known.takesTemperature = known.takesTemperature && kept.takesTemperature
            known.thinkingRoom = kept.isRoomFinal ? kept.thinkingRoom : max(known.thinkingRoom, kept.thinkingRoom)
            known.isRoomFinal = kept.isRoomFinal
        }
        return state.withLock { [known] state in
            if let form = state.form { return form }
            state.form = known
            state.keptForm = kept ?? endpoint.knownForm
            return known
        }
    }

    /// Whether requests have this form still.
    func isCurrent(_ form: RequestForm) -> Bool { state.withLock { $0.form == form } }

    /// Takes over what a refusal of a form says; false where there is nothing else to try. Of many requests that are
    /// refused at once the first one learns.
    func learns(
        from stated: ServerError, _ draft: TeacherEndpoint.Draft, _ form: RequestForm
    ) -> Bool {
        state.withLock { state in
            guard var next = state.form, next == form else { return true }
            guard next.learn(from: stated, sent: draft.body, overrides: endpoint.overrides) else { return false }
            state.form = next
            return true
        }
    }

    /// A form with more room for thoughts than the one that did not hold them.
    func makeRoom(beyond form: RequestForm) -> RequestForm? {
        guard !RequestForm.limitNames.contains(where: endpoint.overrides.sets) else { return nil }
        return state.withLock { state in
            var next = state.form ?? form
            if next.thinkingRoom > form.thinkingRoom { return next }
            guard next.makeRoom() else { return nil }
            state.form = next
            return next
        }
    }

    /// Keeps a form that was answered for the runs to come.
    func keepForm(_ form: RequestForm) async throws {
        guard let ledger, state.withLock({ $0.keptForm != form && $0.form == form }) else { return }
        state.withLock { $0.keptForm = form }
        try await ledger.keep(form, of: endpoint.teacher)
    }
}
