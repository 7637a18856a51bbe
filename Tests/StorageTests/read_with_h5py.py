"""Reads dtrain's files with h5py, as a user would, and prints what it finds for the tests to compare.

    read_with_h5py.py list FILE        a line for each dataset: path, type, shape, units, scales, values
    read_with_h5py.py attributes FILE  a line for each attribute of the root
    read_with_h5py.py digest FILE      a checkpoint's digest and parameters_digest, computed anew
    read_with_h5py.py plots FILE       the groups that NeXus viewers draw, with what they draw
"""

import hashlib
import sys

import h5py
import numpy


def datasets(file):
    found = []
    file.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return sorted(found, key=lambda item: item.name.encode())


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def values(dataset):
    if h5py.check_string_dtype(dataset.dtype):
        return [text(value) for value in dataset[()].ravel()]
    names = h5py.check_enum_dtype(dataset.dtype)
    if names:
        names = {number: name for name, number in names.items()}
        return [names[number] for number in dataset[()].ravel()]
    return [text(value) for value in dataset[()].ravel().tolist()]


def scales(dataset):
    for number, dimension in enumerate(dataset.dims):
        for scale in dimension.values():
            assert h5py.h5ds.is_attached(dataset.id, scale.id, number), f"{scale.name} does not list {dataset.name}"
    return ",".join(scale.name for dimension in dataset.dims for scale in dimension.values())


def list_datasets(file):
    for dataset in datasets(file):
        assert dataset.attrs["long_name"], f"{dataset.name} has no long_name"
        kind = "string" if h5py.check_string_dtype(dataset.dtype) else str(dataset.dtype)
        shape = ",".join(map(str, dataset.shape))
        print(dataset.name, kind, shape, dataset.attrs["units"], scales(dataset), " ".join(values(dataset)), sep="|")


def list_attributes(file):
    for name in sorted(file.attrs):
        value = file.attrs[name]
        print(name, repr(value) if isinstance(value, str) else value.item(), sep="|")


def array_bytes(dataset):
    array = dataset[()]
    if array.dtype.kind == "f":
        array = numpy.where(numpy.isnan(array), numpy.array(numpy.nan, array.dtype), array)
    header = f"{dataset.name} {array.dtype.name} {','.join(map(str, array.shape))}\n"
    return header.encode() + array.astype(array.dtype.newbyteorder("<")).tobytes()


def print_digests(file):
    config = file.attrs["config"].encode()
    head = "".join(f"{name} {file.attrs[name]}\n" for name in ("step", "epoch", "position"))
    everything = hashlib.sha256(f"dtrain-checkpoint\n{head}config {len(config)}\n".encode() + config)
    parameters = hashlib.sha256()
    for dataset in datasets(file):
        everything.update(array_bytes(dataset))
        if dataset.name.startswith("/parameters/"):
            parameters.update(array_bytes(dataset))
    print(everything.hexdigest())
    print(parameters.hexdigest())
    assert everything.hexdigest() == file.attrs["digest"]
    assert parameters.hexdigest() == file.attrs["parameters_digest"]


def list_plots(file):
    assert file.attrs["NX_class"] == "NXroot"
    print("default", file.attrs["default"])

    def plot(group):
        signal = group[group.attrs["signal"]]
        for dimension, axis in enumerate(group.attrs["axes"]):
            assert axis == "." or len(group[axis]) == signal.shape[dimension], f"{signal.name}: {axis}"
        print(signal.name, *group.attrs["axes"])

    file.visititems(lambda _, item: plot(item) if item.attrs.get("NX_class") == "NXdata" else None)


commands = {"list": list_datasets, "attributes": list_attributes, "digest": print_digests, "plots": list_plots}
with h5py.File(sys.argv[2], "r") as opened:
    commands[sys.argv[1]](opened)
