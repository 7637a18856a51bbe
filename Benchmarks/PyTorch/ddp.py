"""The default network's training step in PyTorch DistributedDataParallel over gloo, one thread a rank.

    python Benchmarks/PyTorch/ddp.py --ranks 2 --rows 64 --steps 300

Prints one JSON object: median, 10th and 95th percentile of a step in milliseconds, of rank 0.
Batchnorm is plain BatchNorm1d, statistics of each rank's own rows: SyncBatchNorm does not run on a CPU, so PyTorch
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
from torch.nn.parallel import DistributedDataParallel


def train(rank, ranks, rows, steps, port, results):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.BatchNorm1d(256), nn.Dropout(0.2),
        nn.Linear(256, 128), nn.Tanh(), nn.Linear(128, 10))
    network = DistributedDataParallel(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    loss = nn.CrossEntropyLoss()
    x = torch.rand(rows, 784)
    y = torch.randint(0, 10, (rows,))
    times = []
    for step in range(steps + 20):
        begin = time.perf_counter()
        optimizer.zero_grad()
        loss(network(x), y).backward()
        optimizer.step()
        if step >= 20:
            times.append((time.perf_counter() - begin) * 1e3)
    if rank == 0:
        times.sort()
        quantile = lambda q: round(times[min(len(times) - 1, int(q * len(times)))], 4)
        results.put({"p10": quantile(0.1), "median": quantile(0.5), "p95": quantile(0.95)})
    dist.destroy_process_group()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--rows", type=int, default=64, help="samples of a step on each rank")
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    context = mp.get_context("spawn")
    results = context.SimpleQueue()
    port = 29500 + os.getpid() % 10000
    mp.spawn(
        train, (arguments.ranks, arguments.rows, arguments.steps, port, results),
        nprocs=arguments.ranks)
    print(json.dumps(results.get() | {"torch": torch.__version__}))


if __name__ == "__main__":
    main()
