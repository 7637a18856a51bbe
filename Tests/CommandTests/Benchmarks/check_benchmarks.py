"""The arithmetic of Benchmarks/compare and Benchmarks/scaling, on measurements whose results are known beforehand."""

import importlib.machinery
import importlib.util
import math
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path[:0] = [os.path.join(ROOT, "Benchmarks", folder) for folder in ("Peers", "ScalingModel")]
sys.dont_write_bytecode = True


def load(path, name):
    """A script as a module: its name has no ending."""
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(ROOT, "Benchmarks", path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


compare = load("compare", "compare")
page = compare.page
model = load("scaling", "scaling").model


class Commands(unittest.TestCase):
    def test_each_starts_by_itself(self):
        for name in ("compare", "scaling"):
            path = os.path.join(ROOT, "Benchmarks", name)
            outcome = subprocess.run([sys.executable, "-B", path, "--help"], capture_output=True, text=True)
            self.assertEqual((outcome.returncode, outcome.stderr), (0, ""), name)
            self.assertIn(f"Benchmarks/{name}", outcome.stdout)


class Comparison(unittest.TestCase):
    CASE = {"name": "default-2x64", "network": "default", "ranks": 2, "rows": 64,
            "targets": {"torch-ddp": 10, "numpy-mpi": 2}}
    LOSSES = {"steps": 31, "means": {"dtrain": 0.5, "dtrain-blas": 0.5001, "torch-ddp": 0.51, "numpy-mpi": 0.5}, "last": {},
              "local_batchnorm": True}

    def summary(self, **medians):
        """The case's summary; a peer's loop takes 1.05 times its median step."""
        rounds = {program: [{"median": m, "loop": 1.05 * m, "phases": m, "count": 3, "tenth": m} for m in values]
                  for program, values in medians.items()}
        return compare.summary(self.CASE, {name.replace("_", "-"): r for name, r in rounds.items()}, self.LOSSES, 0.5)

    def test_a_figure_is_the_median_of_the_rounds_and_a_ratio_that_of_the_medians(self):
        programs = self.summary(dtrain=[1, 4, 2], torch_ddp=[30, 20, 24], numpy_mpi=[3, 4, 5])["programs"]
        own, ddp, numpy = programs["dtrain"], programs["torch-ddp"], programs["numpy-mpi"]
        self.assertEqual((own["median"], own["least"], own["most"], own["over_products"]), (2, 1, 4, 4))
        self.assertEqual((ddp["median"], ddp["ratio"], ddp["least_ratio"], ddp["most_ratio"]), (24, 12, 5, 30))
        self.assertEqual((numpy["ratio"], numpy["least_ratio"], numpy["most_ratio"]), (2, 1, 3))
        self.assertEqual((ddp["over_products"], ddp["reached"], numpy["reached"]), (48, True, True))

    def test_a_target_that_is_not_met_is_said_to_be_below_the_products_only_where_it_is(self):
        programs = self.summary(dtrain=[1], torch_ddp=[4], numpy_mpi=[1.5])["programs"]
        # A tenth of 4 ms is less than the 0.5 that products take; half of 1.5 is more.
        self.assertFalse(programs["torch-ddp"]["reached"] or programs["numpy-mpi"]["reached"])
        self.assertTrue(page.is_below(programs["torch-ddp"]))
        self.assertFalse(page.is_below(programs["numpy-mpi"]))

    def test_the_page_says_what_was_found_losing_cases_in_bold(self):
        found = {
            "date": "2026-11-27", "rounds": 1, "versions": {"dtrain": "1", "numpy": "2"},
            "machine": {"cpu": "CPU", "cores": 2, "load": 0.1, "peak": 118.4, "vector_bits": 512},
            "labels": {"dtrain": "dtrain"} | {peer: entry[0] for peer, entry in compare.PROGRAMS.items()},
            "cases": [self.summary(dtrain=[2], dtrain_blas=[3], torch_ddp=[24], numpy_mpi=[1.5])]}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page.md")
            with open(path, "w") as target:
                target.write(f"before\n{page.BEGIN}\nof yesterday\n{page.END}\nbehind\n")
            page.write(path, found)
            with open(path) as source:
                text = source.read()
            drawings = [name for name in os.listdir(folder) if name.endswith(".svg")]
        self.assertTrue(text.startswith("before\n") and text.endswith("behind\n") and "of yesterday" not in text)
        self.assertEqual(len(drawings), 2)
        self.assertIn("1 of 2 targets are reached. ", text)
        self.assertIn("| | PyTorch DDP | 24.0 (24.0–24.0) | 48.00 | 12.00 (12.00–12.00) | 10 | reached |", text)
        self.assertIn("| | numpy, mpi4py | 1.50 (1.50–1.50) | 3.00 | **0.75** (0.75–0.75) | 2 | not reached |", text)
        self.assertIn("| | dtrain, gemm: blas | 3.00 (3.00–3.00) | 6.00 | 1.50 (1.50–1.50) |  |  |", text)
        self.assertIn("dtrain is slower in: default, 2 × 64 against numpy, mpi4py. With CBLAS's products it is faster in none.", text)
        self.assertIn("| default, 2 × 64 | 31 | 0.5000 | 0.5001 | 0.5100, 0.5000 | 2.000 % | 2.000 % (batchnorm of own rows) |", text)

    def test_cblas_s_products_are_no_peer(self):
        """They may be faster, and are then named; the fastest peer is another."""
        found = {"cases": [self.summary(dtrain=[2], dtrain_blas=[1], torch_ddp=[24], numpy_mpi=[3])],
                 "labels": {"dtrain": "dtrain"} | {peer: entry[0] for peer, entry in compare.PROGRAMS.items()}}
        self.assertTrue(page._counts(found).endswith(
            "dtrain is slower in none. With CBLAS's products it is faster in: default, 2 × 64."))
        self.assertIn(">3</text>", page.plots.milliseconds(found))

    def test_losses_that_differ_end_it(self):
        def losses(network, **last):
            case = {"name": network, "network": network, "ranks": 2, "peers": ("torch-ddp",)}
            compare.compare_losses(
                case, {name.replace("_", "-"): {"losses": [1, value]} for name, value in last.items()})

        losses("lstm", dtrain=2, dtrain_blas=2, torch_ddp=2.02)
        # PyTorch's batchnorm is of each rank's own rows.
        losses("default", dtrain=2, dtrain_blas=2.02, torch_ddp=2.1)
        for network, others in (("lstm", (2, 2.1)), ("lstm", (2.1, 2)), ("default", (2.1, 2.1)), ("default", (2, 3))):
            with self.assertRaises(SystemExit, msg=(network, others)), open(os.devnull, "w") as nowhere:
                error, sys.stderr = sys.stderr, nowhere
                try:
                    losses(network, dtrain=2, dtrain_blas=others[0], torch_ddp=others[1])
                finally:
                    sys.stderr = error


class ScalingModel(unittest.TestCase):
    WAIT, CROWDED, NEAR, FAR, LATENCY, BANDWIDTH = 0.5, 3.0, 8000.0, 2000.0, 2.0, 5000.0

    def measured(self):
        """A machine of 2 cores that follows the model, with the numbers above."""
        def reduction(ranks, size):
            waits = 2 * (self.WAIT * (ranks - 1) if ranks <= 2 else self.CROWDED * (ranks - 2) / 2)
            # At 1,024 bytes nothing but the waits; then what two ranks move, by whether it stays in the cache.
            if size == 1024:
                return waits
            return waits + size / (self.NEAR if 3 * size <= 1 << 23 else self.FAR)

        sizes = [1 << power for power in range(10, 28, 2)]
        points = [
            {"rows": rows, "shards": shards, "compute": 50 + 4 * rows + 3 * (shards - 1), "median": 100.0,
             "p95": 100 * (1 + 1.645 * 0.1), "update": 235_658 * 1e-4}
            for rows, shards in ((64, 8), (32, 4), (128, 8), (16, 2), (64, 1))]
        networks = list(model.NETWORKS)
        return {
            "machine": {"cores": 2, "cache_bytes": 1 << 24}, "compute": {name: points for name in networks},
            "parameters": {name: 235_658 for name in networks}, "waits": {name: 7 for name in networks},
            "shared": {str(ranks): [{"bytes": size, "us": reduction(ranks, size)} for size in sizes]
                       for ranks in (2, 4, 8)},
            "messages": [{"bytes": size, "us": 2 * self.LATENCY + (size / self.BANDWIDTH if size > 1024 else 0)}
                         for size in sizes]}

    def test_the_fit_finds_the_numbers_that_the_measurements_were_made_from(self):
        fitted = model.fit(self.measured())
        for name in model.NETWORKS:
            values = fitted["networks"][name]
            for key, expected in (("fixed", 50), ("sample", 4), ("shard", 3), ("sigma", 0.1), ("update", 1e-4)):
                self.assertAlmostEqual(values[key], expected, places=6, msg=f"{name}.{key}")
        for key, expected in (("wait", self.WAIT), ("crowded_wait", self.CROWDED), ("near", self.NEAR), ("far", self.FAR),
                              ("latency", self.LATENCY), ("bandwidth", self.BANDWIDTH)):
            self.assertAlmostEqual(fitted[key], expected, places=6, msg=key)

    def test_a_step_is_the_sum_of_what_the_page_says(self):
        fitted = model.fit(self.measured())
        name = next(iter(model.NETWORKS))
        hosts = {"cores": 2, "cache": 1 << 24, "memory": math.inf, "latency": self.LATENCY, "bandwidth": self.BANDWIDTH}
        alone = model.step(fitted, name, 64, 1, hosts)
        # 64 rows in 8 shards, and an update of all parameters.
        self.assertAlmostEqual(alone["compute"], 50 + 4 * 64 + 3 * 7)
        self.assertAlmostEqual(sum(alone.values()), 50 + 4 * 64 + 3 * 7 + 235_658 * 1e-4)
        # 4 ranks on two hosts: 16 rows and 2 shards each; each sends its slice of 58 of 231 blocks there and back.
        two = model.step(fitted, name, 64, 4, hosts)
        self.assertAlmostEqual(two["compute"], 50 + 4 * 16 + 3)
        self.assertAlmostEqual(two["slowest"], two["compute"] * 0.1 * model.expected_maximum(4))
        self.assertAlmostEqual(two["exchange"], 2 * (self.LATENCY + 4 * 235_658 / 2 / self.BANDWIDTH))
        # The same 4 on one host of 2 cores take turns, and send nothing.
        crowded = model.step(fitted, name, 64, 4, hosts | {"hosts": 1})
        self.assertAlmostEqual(crowded["compute"], 2 * two["compute"])
        self.assertAlmostEqual(crowded["waits"], 7 * self.CROWDED)
        self.assertEqual((crowded["exchange"], crowded["all-gathers"]), (0, 0))

    def test_a_fit_leaves_out_a_term_that_would_be_negative(self):
        points = [{"rows": rows, "shards": shards, "compute": 10 * rows - 2 * (shards - 1)}
                  for rows, shards in ((64, 8), (32, 4), (128, 8), (16, 2), (64, 1))]
        self.assertTrue(all(value >= 0 for value in model._fit_compute(points).values()))

    def test_the_largest_of_normal_numbers(self):
        # Harter (1961), expected values of normal order statistics: 0, 0.56419, 1.42360; Blom is within 5 %.
        for count, expected in ((1, 0.0), (2, 0.56419), (8, 1.42360)):
            self.assertAlmostEqual(model.expected_maximum(count), expected, delta=0.05 * expected + 1e-9)


if __name__ == "__main__":
    unittest.main()
