#!/usr/bin/env python3
"""Writes the regression data beside it: Friedman's first problem, with numpy's Generator(PCG64(1991)).

    python3 data/friedman1/generate.py        (needs numpy)

y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise, x uniform in [0, 1)^10, noise N(0, 1): five of the ten inputs
say nothing, and no model has a mean squared error below 1 on new samples.
Source: J. H. Friedman, "Multivariate adaptive regression splines" (1991), section 4.3, eq. 61.
"""
import os
import struct

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, array):
    """IDX: big-endian, type 0x0D for 32-bit floats."""
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(struct.pack(">BBBB", 0, 0, 0x0D, array.ndim))
        file.write(struct.pack(f">{array.ndim}I", *array.shape))
        file.write(array.astype(">f4").tobytes())


random = np.random.Generator(np.random.PCG64(1991))
for part, count in [("train", 2000), ("test", 500)]:
    x = random.random((count, 10))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y += random.standard_normal(count)
    write(f"{part}-images-idx2-float", x)
    write(f"{part}-targets-idx1-float", y)
