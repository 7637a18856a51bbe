/// The version, in files and messages.
public let dtrainVersion = "0.1.0"
