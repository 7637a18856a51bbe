import Testing

/// The built program, started as users start it. One test after the other: each may use every core.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CommandTests {}
