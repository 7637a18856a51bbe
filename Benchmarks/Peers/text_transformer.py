"""examples/text-transformer.yaml in PyTorch: the same first weights, the same bytes in the same order, the same optimizer.

    python Benchmarks/Peers/text_transformer.py --epochs 8        (needs torch, numpy; one process)

Prints the validation loss after each epoch. Nothing is shared with dtrain but the definition: the passes are PyTorch's own
(autograd, scaled_dot_product_attention), so an equal loss is evidence for all of dtrain's.
"""
import argparse
import math
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import philox

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Block(nn.Module):
    """x + attention(layernorm(x)), then x + mlp(layernorm(x))."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.norm2 = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        split = lambda t: t.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
        n = self.norm1(x)
        mixed = F.scaled_dot_product_attention(
            split(self.query(n)), split(self.key(n)), split(self.value(n)), is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, width, heads, blocks, length):
        super().__init__()
        self.embedding = nn.Embedding(256, width)
        self.position = nn.Parameter(torch.empty(length, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 256)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def in_order(self):
        """Every parameter in the order in which dtrain declares it: (parameter, how it begins, whether it decays)."""
        linear = lambda layer: [(layer.weight, "glorot", True), (layer.bias, 0.0, False)]
        norm = lambda layer: [(layer.weight, 1.0, False), (layer.bias, 0.0, False)]
        yield self.embedding.weight, "normal", EMBEDDINGS_DECAY
        yield self.position, "normal", EMBEDDINGS_DECAY
        for block in self.blocks:
            yield from norm(block.norm1)
            for layer in (block.query, block.key, block.value, block.output):
                yield from linear(layer)
            yield from norm(block.norm2)
            yield from linear(block.up)
            yield from linear(block.down)
        yield from norm(self.norm)
        yield from linear(self.head)


EMBEDDINGS_DECAY = True


def initialize(model, seed):
    for ordinal, (parameter, how, _) in enumerate(model.in_order()):
        with torch.no_grad():
            if how == "glorot":
                # [in, out] there, [out, in] here.
                parameter.copy_(torch.from_numpy(philox.glorot(seed, ordinal, tuple(parameter.shape)[::-1]).T.copy()))
            elif how == "normal":
                parameter.copy_(torch.from_numpy(philox.normal(seed, ordinal, tuple(parameter.shape), 0.02)))
            else:
                parameter.fill_(how)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", default=os.path.join(ROOT, "data", "text", "opticks.txt"))
    for name, value in dict(
            epochs=8, batch=32, length=128, width=128, heads=4, blocks=2, seed=1, warm_up=50, threads=2).items():
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=value)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--validation", type=float, default=0.1)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)

    text = np.fromfile(a.text, dtype=np.uint8).astype(np.int64)
    border = len(text) - int(len(text) * a.validation)
    windows = lambda part: torch.from_numpy(
        np.stack([part[i:i + a.length + 1] for i in range(0, len(part) - a.length, a.length)]))
    train, validation = windows(text[:border]), windows(text[border:])
    model = Transformer(a.width, a.heads, a.blocks, a.length)
    initialize(model, a.seed)
    groups = {True: [], False: []}
    for parameter, _, decays in model.in_order():
        groups[decays].append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": groups[True], "weight_decay": 0.01}, {"params": groups[False], "weight_decay": 0.0}],
        lr=a.learning_rate, betas=(0.9, 0.999), eps=1e-8)

    steps_per_epoch = (len(train) + a.batch - 1) // a.batch
    total, step = a.epochs * steps_per_epoch, 0
    loss_of = lambda w: F.cross_entropy(model(w[:, :-1]).reshape(-1, 256), w[:, 1:].reshape(-1))
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(train):,} training and "
          f"{len(validation):,} validation windows, {steps_per_epoch} steps an epoch", flush=True)
    for epoch in range(a.epochs):
        begin, order = time.time(), philox.shuffle(a.seed, epoch, len(train))
        for i in range(0, len(train), a.batch):
            rate = a.learning_rate * (1 + math.cos(math.pi * max(step - a.warm_up, 0) / (total - a.warm_up))) / 2
            rate *= (step + 1) / (a.warm_up + 1) if step < a.warm_up else 1
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad()
            loss = loss_of(train[order[i:i + a.batch]])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step <= 3:
                print(f"step {step}: loss {loss.item():.6f}", flush=True)
        with torch.no_grad():
            sums = [loss_of(w).item() * len(w) for w in validation.split(64)]
        print(f"epoch {epoch + 1}: validation loss {sum(sums) / len(validation):.6f}  {time.time() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
