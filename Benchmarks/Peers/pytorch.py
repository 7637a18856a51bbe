"""A training step in PyTorch: of the default network, or of the examples' kinds, on one rank or in DistributedDataParallel.

    python Benchmarks/Peers/pytorch.py --data FOLDER --model default|resnet|lstm|transformer --ranks 2 --rows 64

Written as its documentation recommends: gradients set to None, on one rank plain SGD or with `--fused` the fused one; on several
DDP over gloo with `static_graph`, `gradient_as_bucket_view`, without the broadcast of running statistics before each step, and
the fused optimizer. One thread a rank. Batchnorm is BatchNorm, with the statistics of each rank's own rows: SyncBatchNorm does
not run on a CPU.
"""

import inspect
import os
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

import data


class Residual(nn.Module):
    """relu(branch(x) + shortcut(x)), two 3 × 3 convolutions in the branch."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.branch(x) + self.shortcut(x), inplace=True)


class LastStep(nn.Module):
    """An LSTM's output after the last step. Its second bias stays 0: dtrain's cell has one."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, outputs, batch_first=True)
        self.lstm.bias_hh_l0.requires_grad_(False)
        nn.init.zeros_(self.lstm.bias_hh_l0)

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


class Block(nn.Module):
    """x + attention(layernorm(x)), then x + mlp(layernorm(x)). Query, key and value are one product."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.projections, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.projections(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads)
        mixed = F.scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4), is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    """A causal transformer over bytes."""

    def __init__(self, width, heads, blocks, length):
        super().__init__()
        self.embedding = nn.Embedding(256, width)
        self.position = nn.Parameter(torch.empty(length, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 256)

    def forward(self, tokens):
        return self.head(self.norm(self.blocks(self.embedding(tokens) + self.position)))


def default(dropout):
    return nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(inplace=True), nn.BatchNorm1d(256), nn.Dropout(dropout),
        nn.Linear(256, 128), nn.Tanh(), nn.Linear(128, 10))


def resnet(_):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True), Residual(8, 8, 1),
        Residual(8, 16, 2), Residual(16, 32, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def lstm(_):
    return nn.Sequential(LastStep(28, 128), nn.Linear(128, 10))


def transformer(_):
    return Transformer(data.WIDTH, data.HEADS, data.BLOCKS, data.LENGTH)


# The network, and the shape of one of its inputs.
MODELS = {
    "default": (default, (784,)), "resnet": (resnet, (1, 28, 28)), "lstm": (lstm, (28, 28)),
    "transformer": (transformer, (data.LENGTH,))}


def load(network, weights):
    """Copies dtrain's first weights, which are in its own order and layout, into the network."""
    weights = iter([torch.from_numpy(w) for w in weights])
    rows = lambda: next(weights).T

    def visit(module):
        if isinstance(module, nn.Linear):
            module.weight.copy_(rows())
            module.bias.copy_(next(weights))
        elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
            module.weight.copy_(next(weights))
            module.bias.copy_(next(weights))
        elif isinstance(module, nn.Conv2d):
            o, c, height, width = module.weight.shape
            module.weight.copy_(next(weights).reshape(height, width, c, o).permute(3, 2, 0, 1))
            if module.bias is not None:
                module.bias.copy_(next(weights))
        elif isinstance(module, nn.LSTM):
            module.weight_ih_l0.copy_(rows())
            module.weight_hh_l0.copy_(rows())
            module.bias_ih_l0.copy_(next(weights))
        elif isinstance(module, Block):
            visit(module.norm1)
            parts = [(rows(), next(weights)) for _ in range(3)]
            module.projections.weight.copy_(torch.cat([weight for weight, _ in parts]))
            module.projections.bias.copy_(torch.cat([bias for _, bias in parts]))
            for layer in (module.output, module.norm2, module.up, module.down):
                visit(layer)
        else:
            # An embedding's table is as dtrain's.
            if isinstance(module, Transformer):
                module.embedding.weight.copy_(next(weights))
                module.position.copy_(next(weights))
            for child in module.children():
                visit(child)

    with torch.no_grad():
        visit(network)
    assert next(weights, None) is None, "more first weights than parameters"


def train(rank, options, meeting, put):
    """Trains as rank `rank`; rank 0 hands what data.train says to `put`. Ranks find each other in the file `meeting`."""
    torch.set_num_threads(1)
    data.one_core(rank, options.ranks)
    torch.manual_seed(rank)
    make, shape = MODELS[options.model]
    network = make(options.dropout)
    load(network, data.first_weights(options.model))
    layout = torch.channels_last if options.model == "resnet" else torch.contiguous_format
    network = network.to(memory_format=layout)
    parameters = [p for p in network.parameters() if p.requires_grad]
    barrier, fused = lambda: None, options.fused
    if options.ranks > 1:
        # A port of the machine's might be taken.
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=options.ranks)
        # `broadcast_buffers` has a new name in some versions.
        known = inspect.signature(DistributedDataParallel.__init__).parameters
        buffers = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
        network = DistributedDataParallel(network, static_graph=True, gradient_as_bucket_view=True, **{buffers: False})
        barrier, fused = dist.barrier, True
    optimizer = torch.optim.SGD(
        parameters, lr=data.LEARNING_RATE, momentum=data.MOMENTUM, fused=True if fused else None)

    def step(x, y):
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(x).flatten(0, -2), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def prepare(x, y):
        x = torch.from_numpy(x).reshape(-1, *shape)
        return x.contiguous(memory_format=layout) if x.dim() == 4 else x, torch.from_numpy(y).flatten()

    dataset = data.text(options.data) if options.model == "transformer" else data.digits(options.data)
    steps, loops, losses = data.train(options, dataset, rank, step, prepare, barrier)
    losses = torch.stack(losses)
    if options.ranks > 1:
        dist.all_reduce(losses)
    if rank == 0:
        put((steps, loops, (losses / options.ranks).tolist()))
    if options.ranks > 1:
        dist.barrier()
        dist.destroy_process_group()
        # gloo's threads may abort a process that ends by itself, after everything is measured.
        os._exit(0)


def main():
    options = data.arguments(*MODELS)
    if options.ranks == 1:
        found = []
        train(0, options, None, found.append)
        result = found[0]
    else:
        queue = mp.get_context("spawn").SimpleQueue()
        with tempfile.TemporaryDirectory() as folder:
            mp.spawn(train, (options, os.path.join(folder, "meeting"), queue.put), nprocs=options.ranks)
        result = queue.get()
    data.report(*result, f"PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
