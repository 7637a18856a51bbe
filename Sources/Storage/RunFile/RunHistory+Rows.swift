extension RunHistory {
    /// A start or a resume of the run.
    public struct Launch: Sendable, Equatable {
        /// When, as `2026-03-01T12:00:00Z`.
        public var created: String
        /// The first step that it trained: 1 for a start, one more than the checkpoint's for a resume.
        public var firstStep: Int
        public var dtrainVersion: String
        public var ranks: Int
        /// Fewer than ranks where those are threads.
        public var processes: Int
        public var nodes: Int
        /// The nodes' names, separated by commas.
        public var hosts: String
        /// The MPI library's own words about itself.
        public var mpiLibrary: String
        public var command: String

        public init(
            created: String, firstStep: Int, dtrainVersion: String, ranks: Int, processes: Int, nodes: Int,
            hosts: String, mpiLibrary: String, command: String
        ) {
            self.created = created
            self.firstStep = firstStep
            self.dtrainVersion = dtrainVersion
            self.ranks = ranks
            self.processes = processes
            self.nodes = nodes
            self.hosts = hosts
            self.mpiLibrary = mpiLibrary
            self.command = command
        }
    }

    /// Something out of the ordinary that the training itself did: a skipped step, say. Equal runs have equal events.
    public struct Event: Sendable, Equatable {
        /// The kind of a step that was left out since its loss, gradient or running statistics were no numbers.
        public static let skip = "skip"
        /// The kind of a return to an earlier step, which is the event's, after such a step.
        public static let rollback = "rollback"

        /// The steps done when it happened.
        public var step: Int
        /// One word, e.g. `skip`.
        public var kind: String
        public var detail: String

        public init(step: Int, kind: String, detail: String) {
            self.step = step
            self.kind = kind
            self.detail = detail
        }
    }

    /// One optimiser step. The first is step 1; checkpoint 320 is what steps 1 to 320 made.
    public struct Step: Sendable, Equatable {
        /// What became of a step; the names and numbers are the file's.
        public enum Status: UInt8, Sendable, CaseIterable {
            case ok = 0
            /// The gradient was scaled down.
            case clipped = 1
            /// The gradient was not finite; nothing was updated.
            case skippedNonfinite = 2

            /// The name in the file.
            public var name: String {
                switch self {
                case .ok: "ok"
                case .clipped: "clipped"
                case .skippedNonfinite: "skipped_nonfinite"
                }
            }
        }

        public var step: Int
        /// The mean over the global batch.
        public var loss: Double
        public var learningRate: Double
        /// The 2-norm of the gradient of all parameters, before clipping.
        public var gradientNorm: Double
        /// The global batch's samples.
        public var samples: Int
        public var status: Status

        public init(
            step: Int, loss: Double, learningRate: Double, gradientNorm: Double, samples: Int, status: Status
        ) {
            self.step = step
            self.loss = loss
            self.learningRate = learningRate
            self.gradientNorm = gradientNorm
            self.samples = samples
            self.status = status
        }
    }

    /// One pass over the training samples. The first is epoch 1.
    public struct Epoch: Sendable, Equatable {
        public var epoch: Int
        public var trainLoss: Double
        /// 0…1; NaN where there are no classes.
        public var trainAccuracy: Double
        public var testLoss: Double
        /// 0…1; NaN where there are no classes.
        public var testAccuracy: Double

        public init(
            epoch: Int, trainLoss: Double, trainAccuracy: Double, testLoss: Double, testAccuracy: Double
        ) {
            self.epoch = epoch
            self.trainLoss = trainLoss
            self.trainAccuracy = trainAccuracy
            self.testLoss = testLoss
            self.testAccuracy = testAccuracy
        }
    }
}
