"""What all peers share: dtrain's digits and text, its first weights and order of samples, and how a loop is timed.

The first weights and the order are dtrain's own (philox.py), so that after the same number of steps the losses have to be
the same as well: a peer that computes something else, or less, shows.
"""

import argparse
import json
import math
import os
import statistics
import time

import numpy as np

import philox

SEED = 1
LEARNING_RATE, MOMENTUM = 0.05, 0.9
EPSILON = 1e-5
WIDTH, HEADS, BLOCKS, LENGTH = 128, 4, 4, 128
# The end of the text, which is not trained on: as Benchmarks/compare tells dtrain.
VALIDATION = 0.005


def one_core(rank, ranks):
    """Binds this process to a core, as mpirun does where there is one for each rank: every thread of it shares that one."""
    cores = sorted(os.sched_getaffinity(0))
    if ranks <= len(cores):
        os.sched_setaffinity(0, {cores[rank]})


def arguments(*models):
    """The command line that every peer has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="the folder that Benchmarks/compare has written")
    parser.add_argument("--model", choices=models, default=models[0])
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--rows", type=int, default=64, help="samples of a step on each rank")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--dropout", type=float, default=0.2, help="of the default network; 0 to compare losses")
    parser.add_argument("--fused", action="store_true", help="PyTorch's fused optimizer on one rank")
    return parser.parse_args()


def digits(folder):
    """Images [N, 784], 0 to 1, and labels [N]."""
    read = lambda name, header: np.fromfile(os.path.join(folder, name), dtype=np.uint8)[header:]
    labels = read("train-labels-idx1-ubyte", 8).astype(np.int64)
    return (read("train-images-idx3-ubyte", 16).reshape(len(labels), 784) / np.float32(255)).astype(np.float32), labels


def text(folder):
    """The training part of the text in windows: bytes [N, LENGTH], and the byte that follows each [N, LENGTH]."""
    everything = np.fromfile(os.path.join(folder, "text.txt"), dtype=np.uint8).astype(np.int64)
    everything = everything[:len(everything) - int(len(everything) * VALIDATION)]
    windows = np.stack([everything[i:i + LENGTH + 1] for i in range(0, len(everything) - LENGTH, LENGTH)])
    return windows[:, :-1], windows[:, 1:]


def _linear(inputs, outputs, how="glorot"):
    return [(how, (inputs, outputs)), ("zero", (outputs,))]


def _norm(width):
    return [("one", (width,)), ("zero", (width,))]


def _residual(inputs, outputs):
    branch = [("he", (9 * inputs, outputs))] + _norm(outputs) + [("he", (9 * outputs, outputs))] + _norm(outputs)
    return branch + (_linear(inputs, outputs) if inputs != outputs else [])


def _block(width):
    return (_norm(width) + 4 * _linear(width, width) + _norm(width)
            + _linear(width, 4 * width) + _linear(4 * width, width))


# How each parameter begins, in the order in which dtrain declares them: weights are [inputs, outputs], those of convolutions
# [kernel rows * kernel columns * channels, outputs].
PARAMETERS = {
    "default": _linear(784, 256, "he") + _norm(256) + _linear(256, 128) + _linear(128, 10),
    "resnet": [("he", (9, 8))] + _norm(8) + _residual(8, 8) + _residual(8, 16) + _residual(16, 32) + _linear(32, 10),
    "lstm": [("lstm", (28, 512)), ("lstm", (128, 512)), ("forget", (512,))] + _linear(128, 10),
    "transformer": (
        [("normal", (256, WIDTH)), ("normal", (LENGTH, WIDTH))] + BLOCKS * _block(WIDTH)
        + _norm(WIDTH) + _linear(WIDTH, 256)),
}


def first_weights(model):
    """dtrain's first weights: one array a parameter, in dtrain's order and layout."""
    def make(ordinal, how, shape):
        if how == "he":
            return philox.normal(SEED, ordinal, shape, math.sqrt(2 / shape[0]))
        if how == "normal":
            return philox.normal(SEED, ordinal, shape, 0.02)
        if how == "glorot":
            return philox.glorot(SEED, ordinal, shape)
        if how == "lstm":
            return philox.uniform(SEED, ordinal, shape, 1 / math.sqrt(shape[1] // 4))
        values = np.full(shape, 1 if how == "one" else 0, dtype=np.float32)
        if how == "forget":
            values[shape[0] // 4:shape[0] // 2] = 1
        return values

    return [make(ordinal, *entry) for ordinal, entry in enumerate(PARAMETERS[model])]


def train(options, dataset, rank, step, prepare, barrier=lambda: None):
    """Trains for `options.epochs` epochs of whole batches, and says how long each step took.

    Before each epoch the samples are put in dtrain's order, and `prepare` makes of this rank's part of every batch what `step`
    takes: none of that is timed, nor is the `barrier` behind it. So a step finds its batch in memory, one after the other.

    Returns the milliseconds of each step after the first epoch, those of each later epoch's loop by its steps, and what
    `step` returned, the loss, of all steps.
    """
    samples, targets = dataset
    global_rows = options.rows * options.ranks
    steps, loops, losses = [], [], []
    for epoch in range(options.epochs):
        order = philox.shuffle(SEED, epoch, len(samples))
        firsts = range(rank * options.rows, len(samples) - global_rows + rank * options.rows + 1, global_rows)
        rows = [order[i:i + options.rows] for i in firsts]
        batches = [prepare(samples[r], targets[r]) for r in rows]
        times = []
        barrier()
        begin = time.perf_counter()
        for x, y in batches:
            start = time.perf_counter()
            losses.append(step(x, y))
            times.append((time.perf_counter() - start) * 1e3)
        if epoch > 0:
            loops.append((time.perf_counter() - begin) * 1e3 / len(batches))
            steps += times
    return steps, loops, losses


def report(steps, loops, losses, version):
    """Prints what Benchmarks/compare reads: one JSON object, in one line."""
    print(json.dumps({
        "version": version, "count": len(steps), "median": statistics.median(steps) if steps else None,
        "tenth": sorted(steps)[len(steps) // 10] if steps else None,
        "loop": statistics.median(loops) if loops else None, "losses": [float(loss) for loss in losses]}))
