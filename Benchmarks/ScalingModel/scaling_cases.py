"""The networks and batches of Benchmarks/scaling, and what of them is measured."""

# Ranks on this machine, and ranks that are predicted.
MEASURED, PREDICTED = (1, 2, 4, 8), (16, 64, 256, 1024, 4096)
# The shards of every measured point, and the fewest of a predicted one: a rank without a shard has no work.
SHARDS = 8

# batchnorm: the channels of each one. grid: the local batches and shards of one rank that `compute` is fitted to.
NETWORKS = {
    "default": {
        "name": "default", "flags": [], "batchnorm": [256], "steps": (20, 3),
        "grid": [(1, 1), (8, 1), (64, 1), (512, 1), (2048, 1), (64, 8), (512, 8)]},
    "wide": {
        "name": "784–4096–4096–10",
        "flags": ["--set", "network=[{linear: 4096}, relu, {linear: 4096}, relu, {linear: 10}]"],
        "batchnorm": [], "steps": (4, 1), "grid": [(1, 1), (16, 1), (64, 1), (512, 1), (64, 8), (512, 8)]}}

# `rows` are of the global batch in strong scaling, of each rank in weak scaling.
CASES = [
    {"kind": "strong", "network": "default", "rows": 2048, "steps": (20, 3)},
    {"kind": "strong", "network": "wide", "rows": 2048, "steps": (2, 1)},
    {"kind": "weak", "network": "default", "rows": 64, "steps": (20, 3)},
    {"kind": "weak", "network": "default", "rows": 512, "steps": (20, 3)}]


def global_batch(case, ranks):
    return case["rows"] * (ranks if case["kind"] == "weak" else 1)


def title(case):
    """`strong, default, 2,048 samples`."""
    where = " a rank" if case["kind"] == "weak" else ""
    return f"{case['kind']}, {NETWORKS[case['network']]['name']}, {case['rows']:,} samples{where}"
