import Glibc

extension Float {
    public static func exp(_ x: Float) -> Float { Glibc.expf(x) }
    public static func log(_ x: Float) -> Float { Glibc.logf(x) }
    public static func tanh(_ x: Float) -> Float { Glibc.tanhf(x) }
    public static func sigmoid(_ x: Float) -> Float { 1 / (1 + Glibc.expf(-x)) }
}

extension Double {
    public static func exp(_ x: Double) -> Double { Glibc.exp(x) }
    public static func log(_ x: Double) -> Double { Glibc.log(x) }
    public static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
    public static func sigmoid(_ x: Double) -> Double { 1 / (1 + Glibc.exp(-x)) }
}
