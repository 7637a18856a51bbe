"""Reads run.h5 and the last checkpoint of a run with h5py and checks shapes, attributes and histograms.

    check_with_h5py.py RUN.h5 CHECKPOINT.h5

The run: linear 6, batchnorm, dropout, tanh, linear 10 on 784 inputs; 32 steps in 2 epochs, histograms at every 7th.
Prints `ok`, or ends with the assertion that failed.
"""

import sys

import h5py
import numpy

SHAPES = {
    "linear1/weight": (784, 6),
    "linear1/bias": (6,),
    "batchnorm1/gamma": (6,),
    "batchnorm1/beta": (6,),
    "linear2/weight": (6, 10),
    "linear2/bias": (10,),
}
STEPS, EPOCHS, ROWS, BINS = 32, 2, [7, 14, 21, 28], 131


def check_described(file):
    def check(_, item):
        if isinstance(item, h5py.Dataset):
            assert isinstance(item.attrs["long_name"], str) and item.attrs["long_name"], item.name
            assert isinstance(item.attrs["units"], str), item.name

    file.visititems(check)


def check_columns(file, group, scale, length):
    for name, column in file[group].items():
        if name not in ("phase", "phase_seconds"):
            assert column.shape == (length,), f"{column.name} is {column.shape}"
        if name not in (scale, "phase"):
            assert column.dims[0][0].name == f"{group}/{scale}", f"{column.name} has no dimension scale"


def check_run(file):
    assert file.attrs["format"] == "dtrain-run" and file.attrs["format_version"] == 1
    assert file.attrs["seed"] == 1 and file.attrs["shards"] == 8
    assert file.attrs["parameter_count"] == sum(numpy.prod(shape) for shape in SHAPES.values())
    assert "linear" in file.attrs["config"] and "checkpoints" not in file.attrs["config"]
    check_described(file)

    check_columns(file, "/steps", "step", STEPS)
    check_columns(file, "/timing", "step", STEPS)
    check_columns(file, "/epochs", "epoch", EPOCHS)
    assert file["timing/phase_seconds"].shape == (STEPS, len(file["timing/phase"]))
    assert list(file["steps/step"]) == list(range(1, STEPS + 1))
    assert numpy.isfinite(file["steps/loss"]).all() and (file["steps/gradient_norm"][:] > 0).all()
    assert file["steps/samples"][:].sum() == EPOCHS * 4000
    assert set(file["steps/status"][:]) == {0}
    assert file["steps/loss"][-1] < file["steps/loss"][0]
    assert list(file["launches/first_step"]) == [1] and list(file["launches/ranks"]) == [3]
    assert b"--histogram-every 7" in file["launches/command"][0]
    assert list(file["events"]) == []
    accuracy = file["epochs/test_accuracy"][:] * 1000
    assert numpy.allclose(accuracy, numpy.round(accuracy)) and accuracy[-1] > 300

    # An epoch's loss is that of its steps, each weighted by its samples.
    loss = (file["steps/loss"][:] * file["steps/samples"][:]).reshape(EPOCHS, -1).sum(axis=1) / 4000
    assert numpy.allclose(loss, file["epochs/train_loss"][:], rtol=1e-12)


def check_histograms(file):
    group = file["histograms"]
    assert list(group["step"]) == ROWS and list(group.attrs["parameters"]) == list(SHAPES)
    edges = group["edges"][:]
    assert edges.shape == (BINS + 1,) and (numpy.diff(edges) > 0).all()
    for kind in ("gradients", "weights", "updates"):
        for name, shape in SHAPES.items():
            histogram = group[kind][name]
            counts = histogram["counts"][:]
            assert counts.dtype == numpy.uint64 and counts.shape == (len(ROWS), BINS)
            special = sum(histogram[other][:] for other in ("nan", "positive_infinity", "negative_infinity"))
            assert (special == 0).all(), histogram.name
            assert (counts.sum(axis=1) + special == numpy.prod(shape)).all(), histogram.name
            assert (histogram["exact_zeros"][:] <= counts[:, BINS // 2]).all(), histogram.name
            assert list(histogram["step"]) == ROWS
    # The mean of gamma is about 1, so its weights are in the octaves next to it.
    gamma = group["weights/batchnorm1/gamma/counts"][:]
    near = (edges[:-1] >= 0.5) & (edges[:-1] < 2)
    assert (gamma[:, near].sum(axis=1) == 6).all()


def check_checkpoint(file, run):
    assert file.attrs["format"] == "dtrain-checkpoint" and file.attrs["format_version"] == 1
    assert (file.attrs["step"], file.attrs["epoch"], file.attrs["position"]) == (STEPS, EPOCHS, 0)
    assert file.attrs["config"] == run.attrs["config"]
    for name in ("digest", "parameters_digest"):
        assert len(file.attrs[name]) == 64 and set(file.attrs[name]) <= set("0123456789abcdef")
    check_described(file)
    for name, shape in SHAPES.items():
        for group in ("parameters", "optimizer/velocity"):
            tensor = file[group][name]
            assert tensor.shape == shape and tensor.dtype == numpy.float32, tensor.name
            assert numpy.isfinite(tensor).all() and numpy.any(tensor), tensor.name
        if name.endswith("weight"):
            assert "in" in file["parameters"][name].attrs["layout"]
    assert (file["buffers/batchnorm1/running_variance"][:] > 0).all()
    assert file["buffers/batchnorm1/running_mean"].shape == (6,)
    assert file["state/updates"][0] == STEPS and file["state/epoch_samples"][0] == 0
    assert file["state/test_correct"][0] / file["state/test_samples"][0] == run["epochs/test_accuracy"][-1]
    assert file["state/test_loss"][0] == run["epochs/test_loss"][-1]


with h5py.File(sys.argv[1], "r") as run, h5py.File(sys.argv[2], "r") as checkpoint:
    check_run(run)
    check_histograms(run)
    check_checkpoint(checkpoint, run)
print("ok")
