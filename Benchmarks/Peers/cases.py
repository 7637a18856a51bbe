"""The cases that Benchmarks/compare measures, what each peer needs, and what dtrain is told beside a case's network."""

# dtrain with CBLAS's products in place of its own: no peer, but measured in every case.
BLAS = "dtrain-blas"
OWN = ("dtrain", BLAS)
# What a program is started with, and the packages it needs.
PROGRAMS = {
    BLAS: ("dtrain, gemm: blas", ["--gemm", "blas"], []),
    "torch": ("PyTorch", ["pytorch.py"], ["torch"]),
    "torch-fused": ("PyTorch, fused optimizer", ["pytorch.py", "--fused"], ["torch"]),
    "torch-ddp": ("PyTorch DDP", ["pytorch.py"], ["torch"]),
    "jax": ("JAX, jit of the step", ["jax_step.py"], ["jax"]),
    "numpy": ("numpy", ["numpy_mpi.py"], []),
    "numpy-mpi": ("numpy, mpi4py", ["numpy_mpi.py"], ["mpi4py"]),
}
ALONE, TOGETHER = ("torch", "torch-fused", "jax", "numpy"), ("torch-ddp", "numpy-mpi")

TRANSFORMER = (
    "network=[{embedding: {classes: 256, width: 128}}, positionalEmbedding, "
    + 4 * "{transformerBlock: {heads: 4, causal: true}}, " + "layernorm, {linear: 256}]")
SGD = ["--set", "optimizer={momentum: {learningRate: 0.05, momentum: 0.9}}", "--set", "schedule=constant",
       "--set", "gradientClipping=none", "--set", "augmentation=none"]


def case(name, network, ranks, rows, peers, epochs, repeats=1, **targets):
    return {"name": name, "network": network, "ranks": ranks, "rows": rows, "peers": peers, "epochs": epochs,
            "repeats": repeats, "targets": {peer.replace("_", "-"): ratio for peer, ratio in targets.items()}}


# `epochs` are of whole batches, the first a warm-up. `repeats`: how often the digits are in the data, where an epoch of 4,000
# would have few batches.
ALL = [
    case("default-1x64", "default", 1, 64, ALONE, 10, torch_fused=3, jax=2.2),
    case("default-1x512", "default", 1, 512, ALONE, 10, 2),
    case("default-2x64", "default", 2, 64, TOGETHER, 12, torch_ddp=10, numpy_mpi=3.5),
    case("default-2x1024", "default", 2, 1024, TOGETHER, 7, 8, torch_ddp=2.5, numpy_mpi=2.3),
    case("default-4x64", "default", 4, 64, TOGETHER, 12, torch_ddp=10, numpy_mpi=3.5),
    case("transformer", "transformer", 2, 16, ("torch-ddp",), 3, torch_ddp=1.5),
    case("resnet", "resnet", 2, 64, ("torch-ddp",), 4, torch_ddp=1.3),
    case("lstm", "lstm", 2, 64, ("torch-ddp",), 6, torch_ddp=2),
]
HAS_BATCHNORM = ("default", "resnet")
