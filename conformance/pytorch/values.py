"""Seeded values that any language makes alike, bit by bit: see docs/conformance-cases.md."""
import math
import zlib

import numpy as np
import torch

WORD = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
CHUNK = 1 << 20  # blocks made at once, to bound memory


def philox(key, counters):
    """The blocks [n,4] of Philox 4x32-10 (Salmon et al. 2011) for 64-bit counters [n] and a 64-bit key."""
    c0, c1 = counters & WORD, counters >> SHIFT
    c2 = c3 = np.zeros_like(counters)
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        product0, product1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (
            (product1 >> SHIFT) ^ c1 ^ np.uint64(k0),
            product1 & WORD,
            (product0 >> SHIFT) ^ c3 ^ np.uint64(k1),
            product0 & WORD,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1)


class Values:
    """The values of one case; `path` is GRAPH/NAME or loop/NAME."""

    def __init__(self, seed, path, scale=1):
        self.seed, self.path, self.scale = seed, path, np.float32(scale)

    def floats(self, name, *shape, dtype=None):
        """[shape] in `dtype` or torch's default one, of float32 values: zero mean, unit variance, near normal; times scale."""
        return self._scaled(name, self.scale, *shape, dtype=dtype)

    def _scaled(self, name, scale, *shape, dtype=None):
        count = math.prod(shape)
        values = np.empty(count, dtype=np.float32)
        for start in range(0, count, CHUNK):
            sums = self._blocks(name, start, min(start + CHUNK, count)).sum(axis=1)
            values[start : start + CHUNK] = (sums * 2.0**-32 - 2) * 1.7320508075688772
        return torch.from_numpy((values * scale).reshape(shape)).to(dtype or torch.get_default_dtype())

    def pixels(self, *shape):
        """[shape], half the size of floats: about [-1, 1]."""
        return self._scaled("pixels", self.scale / np.float32(2), *shape)

    def ids(self, name, vocabulary, *shape):
        """int64 [shape] below `vocabulary`."""
        words = self._blocks(name, 0, math.prod(shape))[:, 0]
        return torch.from_numpy((words % np.uint64(vocabulary)).astype(np.int64).reshape(shape))

    def permutations(self, name, rows, n):
        """int64 [rows,n], each row a permutation of 0 to n - 1."""
        words = self._blocks(name, 0, rows * n)[:, 0].reshape(rows, n)
        return torch.from_numpy(np.argsort(words, axis=1, kind="stable"))

    def _blocks(self, name, start, end):
        stream = f"{self.path}/{name}".encode()
        return philox(self.seed << 32 | zlib.crc32(stream), np.arange(start, end, dtype=np.uint64))
