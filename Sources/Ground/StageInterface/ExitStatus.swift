/// How a stage ended, as its exit status tells a script.
public enum ExitStatus: Int32, Sendable, Codable {
    case done = 0
    /// The input or the data is wrong; the same command will fail again.
    case badInput = 1
    /// A fault of Retort's own.
    case ourFault = 2
    /// A gate refused: an evaluation did not pass, a signature or a digest did not match.
    case refused = 3
    /// A budget or a deadline stopped the work; the same command resumes it once there is more.
    case stopped = 4
    case usage = 64
    /// Try again later: a lock is held, a teacher is down, the run was interrupted with its state kept.
    case tryLater = 75
}
