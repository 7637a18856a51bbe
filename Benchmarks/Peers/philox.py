"""dtrain's random numbers in numpy: the same first weights and the same order of samples, for runs side by side.

Philox4x32-10 (Salmon et al., SC'11). Documentation/reproducibility.md says what the counters hold.
"""
import math

import numpy as np

INITIAL_WEIGHTS, SHUFFLE = 0, 1
LOW = np.uint64(0xFFFFFFFF)


def blocks(seed, block, position=0, step=0, purpose=0, ordinal=0):
    """The four random words of each counter: [len(block), 4], as 64-bit integers."""
    count = len(block)
    fill = lambda value: np.broadcast_to(np.asarray(value, dtype=np.uint64), (count,)).copy()
    c0, c1, c2 = fill(block), fill(position), fill(step)
    c3 = fill(purpose << 24 | ordinal)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0), p1 & LOW, (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1), p0 & LOW)
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1)


def _words(seed, ordinal, count):
    return blocks(seed, np.arange((count + 3) // 4, dtype=np.uint64), ordinal=ordinal, purpose=INITIAL_WEIGHTS)


def _open_unit(words):
    return (words.astype(np.float64) + 0.5) * 2.0**-32


def normal(seed, ordinal, shape, deviation):
    """The `ordinal`-th parameter of a network, drawn from N(0, deviation²) (Box and Muller)."""
    count = math.prod(shape)
    words = _words(seed, ordinal, count).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log(_open_unit(words[:, 0]))), 2 * np.pi * _open_unit(words[:, 1])
    draws = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[:count]
    return (draws * deviation).astype(np.float32).reshape(shape)


def uniform(seed, ordinal, shape, limit):
    """The same, uniform in ±limit."""
    count = math.prod(shape)
    draws = (2 * _open_unit(_words(seed, ordinal, count).reshape(-1)[:count]) - 1) * limit
    return draws.astype(np.float32).reshape(shape)


def glorot(seed, ordinal, shape):
    """The same, uniform in ±√(6 / (in + out))."""
    return uniform(seed, ordinal, shape, math.sqrt(6 / sum(shape)))


def shuffle(seed, epoch, count):
    """The order of the samples in an epoch: Fisher and Yates, from the last place down (Lemire's bounded integers)."""
    order = list(range(count))
    places = np.arange(count - 1, 0, -1)
    first = blocks(seed, np.zeros(len(places), dtype=np.uint64), position=places, step=epoch, purpose=SHUFFLE)
    for i, words in zip(places.tolist(), first.tolist()):
        tries, bound = 0, i + 1
        while True:
            for low, high in ((words[0], words[1]), (words[2], words[3])):
                product = bound * (high << 32 | low)
                rest = product & (1 << 64) - 1
                if rest >= bound or rest >= (1 << 64) % bound:
                    break
            else:
                tries += 1
                words = blocks(
                    seed, np.array([tries], dtype=np.uint64), position=i, step=epoch, purpose=SHUFFLE)[0].tolist()
                continue
            break
        j = product >> 64
        order[i], order[j] = order[j], order[i]
    return np.array(order)
