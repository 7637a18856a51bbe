"""A training step in PyTorch DistributedDataParallel over gloo, one thread a rank: of the default network, or of an example.

    python Benchmarks/PyTorch/ddp.py --ranks 2 --rows 64 --steps 300 --model default|resnet|lstm|transformer

Prints one JSON object: median, 10th and 95th percentile of a step in milliseconds, of rank 0.
Batchnorm is plain BatchNorm, statistics of each rank's own rows: SyncBatchNorm does not run on a CPU, so PyTorch
does less here than dtrain does. The data are random and already in memory: no loading is timed.
"""

import argparse
import json
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.branch(x) + self.shortcut(x))


class LastStep(nn.Module):
    """The LSTM's output after the last step."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, outputs, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


def images(rows):
    return torch.rand(rows, 1, 28, 28), torch.randint(0, 10, (rows,))


def default(rows):
    network = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.BatchNorm1d(256), nn.Dropout(0.2),
        nn.Linear(256, 128), nn.Tanh(), nn.Linear(128, 10))
    x, y = images(rows)
    return network, x.reshape(rows, 784), y, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=0.001, weight_decay=0.01)


def resnet(rows):
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), Residual(8, 8, 1), Residual(8, 16, 2),
        Residual(16, 32, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    return network, *images(rows), adamw


def lstm(rows):
    x, y = images(rows)
    return nn.Sequential(LastStep(28, 128), nn.Linear(128, 10)), x.reshape(rows, 28, 28), y, adamw


def transformer(rows):
    from text_transformer import Transformer
    tokens = torch.randint(0, 128, (rows, 129))
    return Transformer(width=128, heads=4, blocks=2, length=128), tokens[:, :-1], tokens[:, 1:], adamw


MODELS = {"default": default, "resnet": resnet, "lstm": lstm, "transformer": transformer}


def train(rank, ranks, rows, steps, model, port, results):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    torch.manual_seed(1)
    network, x, y, make_optimizer = MODELS[model](rows)
    network = DistributedDataParallel(network)
    optimizer = make_optimizer(network.parameters())
    clip = model in ("lstm", "transformer")
    times = []
    for step in range(steps + 20):
        begin = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(network(x).flatten(0, -2), y.flatten()).backward()
        if clip:
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if step >= 20:
            times.append((time.perf_counter() - begin) * 1e3)
    if rank == 0:
        times.sort()
        quantile = lambda q: round(times[min(len(times) - 1, int(q * len(times)))], 4)
        results.put({"p10": quantile(0.1), "median": quantile(0.5), "p95": quantile(0.95)})
    dist.barrier()
    dist.destroy_process_group()
    # gloo's threads may abort a process that ends by itself, after everything is measured.
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--rows", type=int, default=64, help="samples of a step on each rank")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--model", choices=MODELS, default="default")
    arguments = parser.parse_args()
    context = mp.get_context("spawn")
    results = context.SimpleQueue()
    port = 29500 + os.getpid() % 10000
    mp.spawn(
        train, (arguments.ranks, arguments.rows, arguments.steps, arguments.model, port, results),
        nprocs=arguments.ranks)
    print(json.dumps(results.get() | {"torch": torch.__version__}))


if __name__ == "__main__":
    main()
