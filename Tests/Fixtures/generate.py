#!/usr/bin/env python3
"""Writes the fixtures of the tests: what PyTorch computes, in float64.

    python3 Tests/Fixtures/generate.py        (needs torch; any 2.x, on the CPU)

layers/KIND.json, losses.json, einsum.json and optimizers.json hold small cases whole. default-network.json holds ten
training steps of the default network; its pixels, labels and first weights come from `mix`, which the tests compute too, so
that only results are stored. Weights are stored [in, out], as dtrain keeps them; PyTorch keeps [out, in].
"""
import json
import math
import os

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
MASK = (1 << 64) - 1


def mix(stream, index):
    """16 bits of a hash of two integers (SplitMix64): every value is exact in Float."""
    z = (stream * 0x9E3779B97F4A7C15 + index * 0xD1B54A32D192ED03 + 0x2545F4914F6CDD1D) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return (z ^ (z >> 31)) >> 48


def numbers(stream, *shape, scale=1.0):
    """Numbers in [-scale, scale) with at most 15 bits after the sign."""
    count = 1
    for extent in shape:
        count *= extent
    values = [(mix(stream, i) - 32768) / 32768 * scale for i in range(count)]
    return torch.tensor(values).reshape(shape)


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def write(name, content):
    path = os.path.join(HERE, name)
    with open(path, "w") as file:
        json.dump(content, file, indent=None, separators=(",", ":"), allow_nan=False)
        file.write("\n")
    print(name, os.path.getsize(path), "bytes")


# --- layers ---------------------------------------------------------------------------------------------------------


STEPS_OF_A_LAYER, RATE_OF_A_LAYER = 10, 0.125


def transposed(tensor):
    """A weight as dtrain keeps it, [in, out]; a convolution's inputs are its kernel's rows, columns and channels."""
    if tensor.dim() == 4:
        return tensor.permute(2, 3, 1, 0).reshape(-1, tensor.shape[0])
    return tensor.t() if tensor.dim() == 2 else tensor


def layer_case(
        name, kind, options, module, rows, shape, mode="training", scale=2.0, passes=1, names=None, layout=transposed,
        classes=None, before=None, rate=RATE_OF_A_LAYER):
    """Forward and backward of one module, then ten steps of it.

    `module` takes and gives what the layer does: [rows] + shape, features last. Its parameters are called as in `names`
    (dtrain's name for PyTorch's; frozen ones have none), and `layout` puts one of them as dtrain has it. `passes` forward passes come first, for
    running statistics. `classes`: the inputs are whole numbers below it, and get no gradient. `before(module)` sets what
    is not a parameter, or changes one. In each of the ten steps dY = (Y - T) / rows, and every parameter and the input
    go `rate` against their gradients.
    """
    module.train(mode == "training")
    if classes:
        x = torch.tensor([float(mix(1, i) % classes) for i in range(rows * torch.Size(shape).numel())]).reshape(rows, *shape)
    else:
        x = numbers(1, rows, *shape, scale=scale).requires_grad_()
    named = {key: parameter for key, parameter in module.named_parameters() if parameter.requires_grad}
    names = names or {key: key for key in named}
    assert set(names) == set(named), (name, list(named))
    for stream, (key, parameter) in enumerate(named.items()):
        parameter.data = numbers(10 + stream, *parameter.shape) + (
            1.0 if names[key].endswith("gamma") else 0.0)
    if before:
        before(module)
    statistics = {"running_mean": "running_mean", "running_var": "running_variance"}
    buffers = lambda: {
        statistics[k.split(".")[-1]]: flat(b) for k, b in module.named_buffers() if k.split(".")[-1] in statistics}
    values = lambda: {names[k]: flat(layout(p)) for k, p in named.items()}
    case = {
        "name": name, "kind": kind, "options": options, "mode": mode, "passes": passes, "rows": rows,
        "inputShape": list(shape), "input": flat(x), "parameters": values(), "buffersBefore": buffers(),
    }
    for _ in range(passes):
        y = module(x)
    dy = numbers(2, *y.shape)
    y.backward(dy)
    case |= {
        "output": flat(y), "outputGradient": flat(dy), "inputGradient": [] if classes else flat(x.grad),
        "parameterGradients": {names[k]: flat(layout(p.grad)) for k, p in named.items()}, "buffersAfter": buffers(),
    }
    target = numbers(3, *y.shape)
    moved = list(named.values()) + ([] if classes else [x])
    for _ in range(STEPS_OF_A_LAYER):
        for tensor in moved:
            tensor.grad = None
        y = module(x)
        y.backward((y.detach() - target) / rows)
        for tensor in moved:
            tensor.data -= rate * tensor.grad
    case |= {
        "target": flat(target), "steps": STEPS_OF_A_LAYER, "rate": rate,
        "inputAfterSteps": flat(x), "parametersAfterSteps": values(), "buffersAfterSteps": buffers(),
    }
    return case


class LSTM(torch.nn.Module):
    """Of PyTorch's two biases, which are only ever added, one stays at 0: dtrain has one."""

    def __init__(self, features, units, last):
        super().__init__()
        self.lstm = torch.nn.LSTM(features, units, batch_first=True)
        self.lstm.bias_hh_l0.requires_grad_(False).zero_()
        self.last = last

    def forward(self, x):
        y, _ = self.lstm(x)
        return y[:, -1] if self.last else y


def lstm_case(name, steps, features, units, rows, last=False):
    names = {"lstm.weight_ih_l0": "input_weight", "lstm.weight_hh_l0": "hidden_weight", "lstm.bias_ih_l0": "bias"}
    return layer_case(
        name, "lstm", {"outputs": units, "last": int(last)}, LSTM(features, units, last), rows, [steps, features],
        names=names)


class Embedding(torch.nn.Module):
    """Takes whole numbers as the layer does, among the floats."""

    def __init__(self, classes, width):
        super().__init__()
        self.table = torch.nn.Embedding(classes, width)

    def forward(self, x):
        return self.table(x.long())


def embedding_case(name, classes, width, rows, shape):
    return layer_case(
        name, "embedding", {"classes": classes, "width": width}, Embedding(classes, width), rows, shape,
        names={"table.weight": "weight"}, layout=lambda tensor: tensor, classes=classes)


NORM = {"weight": "gamma", "bias": "beta"}
INNER_NORM = {f"inner.{key}": name for key, name in NORM.items()}


class ChannelsLast(torch.nn.Module):
    """A module of images, channels last on either side as dtrain has them."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Mean(torch.nn.Module):
    """The mean over all axes but the first and the last."""

    def forward(self, x):
        return x.mean(dim=list(range(1, x.dim() - 1)))


def convolution_case(name, outputs, kernel, rows, shape, stride=1, padding=0, bias=True):
    """Extents are a number, or (height, width)."""
    options = {"outputs": outputs} | extents(kernel=kernel, stride=stride, padding=padding)
    if not bias:
        options["bias"] = 0
    module = torch.nn.Conv2d(shape[-1], outputs, kernel, stride=stride, padding=padding, bias=bias)
    names = {"inner.weight": "weight"} | ({"inner.bias": "bias"} if bias else {})
    return layer_case(name, "convolution", options, ChannelsLast(module), rows, shape, names=names, rate=1 / 64)


def maxpool_case(name, kernel, rows, shape, stride=None):
    options = extents(kernel=kernel) | ({} if stride is None else extents(stride=stride))
    return layer_case(
        name, "maxpool", options, ChannelsLast(torch.nn.MaxPool2d(kernel, stride=stride)), rows, shape)


def extents(**named):
    options = {}
    for key, extent in named.items():
        if isinstance(extent, tuple):
            options |= {key + "Height": extent[0], key + "Width": extent[1]}
        else:
            options[key] = extent
    return options


def set_statistics(module):
    module.running_mean.data = numbers(20, *module.running_mean.shape)
    module.running_var.data = numbers(21, *module.running_var.shape).abs() + 0.5


class Residual(torch.nn.Module):
    """F(x) + S(x)."""

    def __init__(self, branch, shortcut):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


def block(outputs):
    nn = torch.nn
    return nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, outputs))


def block_names(prefix=""):
    return {f"{prefix}{i}.{p}": f"linear{1 + i // 2}/{p}" for i in (0, 2) for p in ("weight", "bias")}


class Attention(torch.nn.Module):
    """Three Linears and PyTorch's attention between them."""

    def __init__(self, features, width, causal=False, bias=True):
        super().__init__()
        self.query, self.key, self.value = (torch.nn.Linear(features, width, bias=bias) for _ in range(3))
        self.causal = causal

    def forward(self, x):
        return torch.nn.functional.scaled_dot_product_attention(
            self.query(x), self.key(x), self.value(x), is_causal=self.causal)


class MultiHeadAttention(torch.nn.Module):
    """nn.MultiheadAttention of a sequence with itself; the three parts of its in_proj are parameters of their own."""

    def __init__(self, features, heads, causal=False, bias=True, dropout=0.0):
        super().__init__()
        self.query, self.key, self.value, self.output = (
            torch.nn.Linear(features, features, bias=bias) for _ in range(4))
        self.causal = causal
        # In a list, so that its own parameters are none of this module's.
        self.joined = [torch.nn.MultiheadAttention(features, heads, dropout=dropout, bias=bias, batch_first=True)]

    def train(self, mode=True):
        self.joined[0].train(mode)
        return super().train(mode)

    def forward(self, x):
        parts = [self.query, self.key, self.value]
        parameters = {
            "in_proj_weight": torch.cat([p.weight for p in parts]), "out_proj.weight": self.output.weight}
        if self.output.bias is not None:
            parameters |= {"in_proj_bias": torch.cat([p.bias for p in parts]), "out_proj.bias": self.output.bias}
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if self.causal else None
        return torch.func.functional_call(
            self.joined[0], parameters, (x, x, x), {"attn_mask": hidden, "need_weights": False})[0]


def attention_names(module, prefix="", path=""):
    """`query.weight` is `query_weight`."""
    return {prefix + key: path + key.replace(".", "_") for key, _ in module.named_parameters()}


class TransformerBlock(torch.nn.Module):
    """Attention, then two Linears, each behind a LayerNorm and added to its input."""

    def __init__(self, features, heads, hidden, causal=False, dropout=0.0):
        super().__init__()
        nn = torch.nn
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attention = MultiHeadAttention(features, heads, causal=causal, dropout=dropout)
        self.linear1, self.linear2 = nn.Linear(features, hidden), nn.Linear(hidden, features)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.linear2(torch.nn.functional.gelu(self.linear1(self.norm2(x)))))


def block_parameter_names(block):
    """dtrain's names of a `TransformerBlock`'s parameters: those of the layers that it is made of."""
    names = {}
    for number, linears in ((1, ()), (2, ("linear1", "linear2"))):
        for key, name in NORM.items():
            names[f"norm{number}.{key}"] = f"residual{number}/layernorm1/{name}"
        for linear in linears:
            for key in ("weight", "bias"):
                names[f"{linear}.{key}"] = f"residual{number}/{linear}/{key}"
    return names | attention_names(block.attention, "attention.", "residual1/multiHeadAttention1/")


def halve(module):
    for parameter in module.parameters():
        parameter.data *= 0.5


def attention_case(name, kind, options, module, rows, shape, **others):
    """As `layer_case`, with numbers and steps small enough for weights that are multiplied with each other."""
    return layer_case(
        name, kind, options, module, rows, shape, names=attention_names(module), scale=1.0, rate=2.0**-4,
        before=halve, **others)


class Learned(torch.nn.Module):
    """A function of each sample and, where there is a shape, one parameter."""

    def __init__(self, function, shape=None):
        super().__init__()
        self.function = function
        self.weight = None if shape is None else torch.nn.Parameter(torch.zeros(shape))

    def forward(self, x):
        return self.function(x) if self.weight is None else self.function(x, self.weight)


def as_it_is(tensor):
    return tensor


def einsum_case(name, equation, rows, shape, weight=None):
    """The layer's equation is that of one sample: all samples have one letter more."""
    operands, result = equation.split("->")
    batched = "Z" + operands + "->Z" + result
    module = Learned(lambda *tensors: torch.einsum(batched, *tensors), weight)
    return layer_case(name, "einsum", {}, module, rows, shape, layout=as_it_is) | {
        "equation": equation, "weightShape": weight}


def broadcast_case(kind, rows, shape, weight):
    module = Learned(torch.add if kind == "add" else torch.mul, weight)
    return layer_case(f"{kind} of {weight}", kind, {}, module, rows, shape, layout=as_it_is) | {"weightShape": weight}


def transformer_case(name, options, module, rows, shape, **others):
    return layer_case(
        name, "transformerBlock", options, module, rows, shape, names=block_parameter_names(module), rate=2.0**-5,
        before=halve, **others)


def layers():
    """The cases of each kind: a file each."""
    nn = torch.nn
    return [
        layer_case("reshape", "reshape", {}, nn.Flatten(), 4, [6]),
        layer_case("sequence", "sequence", {"outputs": 3}, block(3), 5, [5], names=block_names()),
        layer_case(
            "residual with a shortcut of its own", "residual", {"outputs": 3},
            Residual(block(3), nn.Linear(5, 3)), 5, [5],
            names=block_names("branch.") | {"shortcut.weight": "linear3/weight", "shortcut.bias": "linear3/bias"}),
        layer_case(
            "residual on sequences", "residual", {"outputs": 5}, Residual(block(5), nn.Linear(5, 5)), 3, [4, 5],
            names=block_names("branch.") | {"shortcut.weight": "linear3/weight", "shortcut.bias": "linear3/bias"},
            rate=1 / 64),
        layer_case("linear", "linear", {"outputs": 5}, nn.Linear(7, 5), 6, [7]),
        layer_case("linear without bias", "linear", {"outputs": 3, "bias": 0}, nn.Linear(4, 3, bias=False), 5, [4]),
        layer_case("linear on sequences", "linear", {"outputs": 3}, nn.Linear(4, 3), 5, [6, 4]),
        layer_case("relu", "relu", {}, nn.ReLU(), 5, [2, 4]),
        layer_case("sigmoid", "sigmoid", {}, nn.Sigmoid(), 5, [2, 4], scale=8.0),
        layer_case("tanh", "tanh", {}, nn.Tanh(), 5, [2, 4], scale=4.0),
        layer_case("softmax", "softmax", {}, nn.Softmax(dim=-1), 5, [2, 4], scale=8.0),
        layer_case("batchnorm", "batchnorm", {}, nn.BatchNorm1d(6), 9, [6], passes=3, names=NORM),
        layer_case(
            "batchnorm with options", "batchnorm", {"epsilon": 0.125, "momentum": 0.25},
            nn.BatchNorm1d(3, eps=0.125, momentum=0.25), 5, [3], names=NORM),
        layer_case(
            "batchnorm, inference", "batchnorm", {}, nn.BatchNorm1d(6), 4, [6], mode="inference", names=NORM,
            before=set_statistics),
        layer_case(
            "batchnorm of images", "batchnorm", {}, ChannelsLast(nn.BatchNorm2d(3)), 5, [4, 2, 3], passes=3,
            names=INNER_NORM),
        layer_case(
            "batchnorm of one image, with options", "batchnorm", {"epsilon": 0.125, "momentum": 0.25},
            ChannelsLast(nn.BatchNorm2d(1, eps=0.125, momentum=0.25)), 1, [3, 5, 1], names=INNER_NORM),
        layer_case(
            "batchnorm of images, inference", "batchnorm", {}, ChannelsLast(nn.BatchNorm2d(17)), 3, [2, 1, 17],
            mode="inference", names=INNER_NORM, before=lambda m: set_statistics(m.inner)),
        layer_case("layernorm", "layernorm", {}, nn.LayerNorm(6), 5, [6], names=NORM),
        layer_case("layernorm of sequences", "layernorm", {}, nn.LayerNorm(37), 3, [4, 37], names=NORM),
        layer_case(
            "layernorm of one row, with options", "layernorm", {"epsilon": 0.125}, nn.LayerNorm(16, eps=0.125), 1, [16],
            names=NORM),
        layer_case("layernorm of one feature", "layernorm", {}, nn.LayerNorm(1), 4, [3, 1], names=NORM),
        layer_case("layernorm, inference", "layernorm", {}, nn.LayerNorm(5), 4, [5], mode="inference", names=NORM),
        layer_case("gelu", "gelu", {}, nn.GELU(), 5, [2, 4], scale=4.0),
        layer_case("gelu of one number", "gelu", {}, nn.GELU(), 1, [1], scale=4.0),
        layer_case("gelu by tanh", "gelu", {"tanh": 1}, nn.GELU(approximate="tanh"), 5, [2, 19], scale=4.0),
        layer_case("silu", "silu", {}, nn.SiLU(), 5, [2, 19], scale=8.0),
        layer_case("silu of one number", "silu", {}, nn.SiLU(), 1, [1], scale=8.0),
        layer_case("dropout of rate 0", "dropout", {"rate": 0}, nn.Dropout(0.0), 3, [4]),
        layer_case("dropout, inference", "dropout", {"rate": 0.5}, nn.Dropout(0.5), 3, [4], mode="inference"),
        convolution_case("convolution", 4, 3, 5, [4, 5, 2], padding=1),
        convolution_case("convolution without padding or bias", 17, 2, 4, [3, 4, 3], bias=False),
        convolution_case("convolution with strides", 3, (3, 2), 5, [7, 6, 2], stride=(2, 3), padding=(1, 0)),
        convolution_case("convolution of single places", 5, 1, 5, [2, 3, 4]),
        convolution_case("convolution of every other place", 3, 1, 3, [4, 3, 2], stride=2),
        convolution_case("convolution of one grey sample", 1, 5, 1, [5, 6, 1], padding=2),
        convolution_case("convolution of one window", 2, (2, 3), 3, [2, 3, 1]),
        maxpool_case("maxpool", 2, 5, [4, 6, 3]),
        maxpool_case("maxpool with a remainder", (3, 2), 4, [5, 7, 2]),
        maxpool_case("maxpool of overlapping windows", 3, 4, [7, 5, 2], stride=2),
        maxpool_case("maxpool with gaps", (1, 2), 1, [5, 8, 1], stride=(2, 3)),
        maxpool_case("maxpool of many channels", 2, 2, [2, 4, 19]),
        layer_case("mean of images", "globalAveragePool", {}, Mean(), 5, [3, 4, 2]),
        layer_case("mean of sequences", "globalAveragePool", {}, Mean(), 5, [7, 3]),
        layer_case("mean of one place", "globalAveragePool", {}, Mean(), 1, [1, 1, 17]),
        attention_case("attention", "attention", {"width": 6}, Attention(5, 6), 5, [7, 5]),
        attention_case(
            "attention, causal, as wide as its input", "attention", {"causal": 1}, Attention(4, 4, causal=True), 3,
            [19, 4]),
        attention_case(
            "attention without bias, one sample", "attention", {"width": 17, "bias": 0}, Attention(3, 17, bias=False),
            1, [4, 3]),
        attention_case("attention of one step and feature", "attention", {}, Attention(1, 1), 3, [1, 1]),
        attention_case(
            "attention, inference", "attention", {"dropout": 0.5}, Attention(3, 3), 3, [4, 3], mode="inference"),
        attention_case(
            "multi-head attention", "multiHeadAttention", {"heads": 2}, MultiHeadAttention(6, 2), 5, [7, 6]),
        attention_case(
            "multi-head attention, causal", "multiHeadAttention", {"heads": 3, "causal": 1},
            MultiHeadAttention(6, 3, causal=True), 3, [19, 6]),
        attention_case(
            "multi-head attention without bias, one sample", "multiHeadAttention", {"heads": 2, "bias": 0},
            MultiHeadAttention(18, 2, bias=False), 1, [3, 18]),
        attention_case(
            "multi-head attention of one head", "multiHeadAttention", {"heads": 1}, MultiHeadAttention(3, 1), 2,
            [5, 3]),
        attention_case(
            "multi-head attention, inference", "multiHeadAttention", {"heads": 2, "dropout": 0.5},
            MultiHeadAttention(4, 2, dropout=0.5), 3, [4, 4], mode="inference"),
        lstm_case("lstm", 5, 3, 4, 5),
        lstm_case("lstm, last step", 6, 4, 7, 3, last=True),
        lstm_case("lstm of more units than a vector has lanes", 3, 2, 17, 2),
        lstm_case("lstm of one step", 1, 3, 2, 4),
        lstm_case("lstm of one feature and one unit", 7, 1, 1, 3),
        lstm_case("lstm of one sample", 4, 2, 3, 1, last=True),
        embedding_case("embedding", 7, 5, 6, [4]),
        embedding_case("embedding of few rows used", 40, 3, 2, [5]),
        embedding_case("embedding of one class and width 1", 1, 1, 3, [2]),
        embedding_case("embedding of scalars", 5, 17, 7, []),
        einsum_case("einsum of every step", "tc,cd->td", 5, [3, 4], [4, 5]),
        einsum_case("einsum of one sample, one step and one feature", "tc,cd->td", 1, [1, 1], [1, 1]),
        einsum_case("einsum wider than a vector", "tc,cd->dt", 2, [2, 3], [3, 19]),
        einsum_case("einsum of heads", "htc,hcd->thd", 3, [2, 3, 4], [2, 4, 3]),
        einsum_case("einsum with labels summed alone", "tc,td->c", 5, [3, 4], [3, 2]),
        einsum_case("einsum of a diagonal", "ttc,c->tc", 3, [3, 3, 2], [2]),
        einsum_case("einsum without a weight", "tc->ct", 3, [3, 5]),
        broadcast_case("add", 5, [3, 4], [4]),
        broadcast_case("add", 3, [3, 17], [3, 1]),
        broadcast_case("add", 1, [1], [1]),
        broadcast_case("multiply", 5, [3, 4], [4]),
        broadcast_case("multiply", 3, [3, 17], [3, 1]),
        broadcast_case("multiply", 1, [2, 3, 5], [1, 3, 1]),
        layer_case(
            "positional embedding", "positionalEmbedding", {}, Learned(torch.add, [3, 5]), 4, [3, 5], layout=as_it_is),
        layer_case(
            "positional embedding of one step", "positionalEmbedding", {}, Learned(torch.add, [1, 1]), 1, [1, 1],
            layout=as_it_is),
        transformer_case("transformer block", {"heads": 2}, TransformerBlock(4, 2, 16), 5, [6, 4]),
        transformer_case(
            "transformer block, causal", {"heads": 3, "hidden": 7, "causal": 1},
            TransformerBlock(6, 3, 7, causal=True), 2, [18, 6]),
        transformer_case(
            "transformer block on one sample of one step", {"heads": 1}, TransformerBlock(3, 1, 12), 1, [1, 3]),
        transformer_case(
            "transformer block, inference", {"heads": 2, "hidden": 3, "dropout": 0.5},
            TransformerBlock(4, 2, 3, dropout=0.5), 3, [4, 4], mode="inference"),
    ]


# --- losses ---------------------------------------------------------------------------------------------------------


def losses():
    """The last axis is that of classes; what is before it are places, each with a class of its own."""
    cases = []
    for name, kind, rows, shape, scale, by_class in [
        ("cross-entropy with classes", "softmaxCrossEntropy", 7, [10], 8.0, True),
        ("cross-entropy with distributions", "softmaxCrossEntropy", 4, [5], 4.0, False),
        ("cross-entropy with large logits", "softmaxCrossEntropy", 4, [3], 4096.0, True),
        ("cross-entropy over sequences", "softmaxCrossEntropy", 5, [19, 6], 4.0, True),
        ("cross-entropy over sequences with distributions", "softmaxCrossEntropy", 3, [4, 5], 4.0, False),
        ("mean squared error", "meanSquaredError", 6, [4], 2.0, False),
        ("mean squared error with classes", "meanSquaredError", 6, [4], 2.0, True),
        ("mean squared error over sequences with classes", "meanSquaredError", 5, [3, 4], 2.0, True),
    ]:
        outputs, places = shape[-1], math.prod(shape[:-1])
        z = numbers(3, rows, *shape, scale=scale).requires_grad_()
        classes = torch.tensor([mix(4, place) % outputs for place in range(rows * places)]).reshape(rows, *shape[:-1])
        values = numbers(5, rows, *shape).abs()
        if kind == "softmaxCrossEntropy":
            if not by_class:
                values = values / values.sum(dim=-1, keepdim=True)
            # PyTorch has the classes behind the rows.
            target = classes if by_class else values.movedim(-1, 1)
            loss = torch.nn.functional.cross_entropy(z.movedim(-1, 1), target)
        else:
            one_hot = torch.nn.functional.one_hot(classes, outputs).double()
            loss = torch.nn.functional.mse_loss(z, one_hot if by_class else values)
        loss.backward()
        cases.append({
            "name": name, "kind": kind, "rows": rows, "outputShape": shape, "predictions": flat(z),
            "classes": flat(classes) if by_class else None, "values": None if by_class else flat(values),
            "loss": loss.item(), "gradient": flat(z.grad),
            "correct": int((z.argmax(dim=-1) == classes).sum()) if by_class else 0,
        })
    return cases


# --- optimizers -----------------------------------------------------------------------------------------------------


def make_optimizer(kind, parameters, options):
    rate, decay = options["learningRate"], options.get("weightDecay", 0.0)
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=rate, weight_decay=decay)
    if kind in ("momentum", "nesterov"):
        return torch.optim.SGD(
            parameters, lr=rate, momentum=options["momentum"], weight_decay=decay, nesterov=kind == "nesterov")
    make = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
    return make(
        parameters, lr=rate, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"], weight_decay=decay)


def optimizers():
    adam = {"learningRate": 0.0625, "beta1": 0.875, "beta2": 0.96875, "epsilon": 0.0009765625}
    cases = []
    for kind, options in [
        ("sgd", {"learningRate": 0.25}),
        ("sgd", {"learningRate": 0.25, "weightDecay": 0.125}),
        ("momentum", {"learningRate": 0.125, "momentum": 0.875}),
        ("momentum", {"learningRate": 0.125, "momentum": 0.875, "weightDecay": 0.125}),
        ("nesterov", {"learningRate": 0.125, "momentum": 0.875}),
        ("nesterov", {"learningRate": 0.125, "momentum": 0.875, "weightDecay": 0.125}),
        ("adam", adam),
        ("adam", {**adam, "weightDecay": 0.125}),
        ("adamw", adam | {"weightDecay": 0.0}),
        ("adamw", {**adam, "weightDecay": 0.125}),
    ]:
        count, steps = 9, 6
        w = numbers(6, count).clone().requires_grad_()
        optimizer = make_optimizer(kind, [w], options)
        start, gradients, rates, after = flat(w), [], [], []
        for step in range(steps):
            w.grad = numbers(7 + step, count, scale=0.5)
            rate = options["learningRate"] * (1.0 if step < 4 else 0.5)
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            gradients.append(flat(w.grad))
            rates.append(rate)
            after.append(flat(w))
        cases.append({
            "kind": kind, "options": options, "values": start, "gradients": gradients, "learningRates": rates,
            "after": after,
        })
    return cases


def clippings():
    cases = []
    for limit, scale in [(1.0, 4.0), (100.0, 4.0), (0.125, 1.0)]:
        tensors = [numbers(30 + i, count, scale=scale).requires_grad_() for i, count in enumerate([1030, 17, 4])]
        for kind in ("norm", "value"):
            for t in tensors:
                t.grad = t.detach().clone()
            norm = torch.nn.utils.clip_grad_norm_(tensors, limit).item() if kind == "norm" else None
            if kind == "value":
                torch.nn.utils.clip_grad_value_(tensors, limit)
            cases.append({
                "kind": kind, "limit": limit, "scale": scale, "counts": [1030, 17, 4], "norm": norm,
                "clipped": [flat(t.grad)[:40] for t in tensors],
            })
    return cases


# --- einsum ---------------------------------------------------------------------------------------------------------


def einsums():
    cases = []
    for equation, *shapes in [
        ("ii->i", [5, 5]), ("ii->", [5, 5]), ("ii", [1, 1]), ("iij->ji", [3, 3, 4]), ("ij->", [3, 17]), ("ij->j", [3, 17]),
        ("ij->i", [3, 17]), ("ij->ji", [3, 17]), ("ba", [2, 3]), ("ijk->kij", [2, 3, 5]), ("i,j->ij", [17, ], [3]),
        ("ij,jk->ik", [5, 7], [7, 19]), ("ij,kj", [5, 7], [19, 7]), ("ji,jk->ki", [7, 5], [7, 3]),
        ("bij,bjk->bik", [3, 4, 5], [3, 5, 6]), ("bhtd,bhsd->bhts", [2, 3, 4, 5], [2, 3, 6, 5]),
        ("bhts,bhsd->bthd", [2, 3, 4, 6], [2, 3, 6, 5]), ("bthd,hde->bte", [2, 4, 3, 5], [3, 5, 7]),
        ("ijk,k->ij", [3, 4, 17], [17]), ("ij,j->", [3, 4], [4]), ("ij,ij->i", [3, 33], [3, 33]), ("ij,ij->ij", [3, 5], [3, 5]),
        ("a,a", [37], [37]), ("a,a->a", [3], [3]), ("ij,k->i", [3, 4], [5]), ("si,ti->i", [2, 3], [4, 3]),
        ("iij,jk->ik", [3, 3, 4], [4, 5]), ("ij,jj->i", [3, 4], [4, 4]), ("tc,cd->td", [1, 9], [9, 1]),
        ("ij,jk->ik", [3, 1], [4, 5]), ("bij,jk->bik", [1, 2, 3], [3, 1]), ("bA,cB", [2, 3], [4, 5]),
        ("abc,dcb->ad", [3, 4, 5], [6, 5, 4]), ("i,->i", [4], []),
    ]:
        operands = [numbers(60 + k, *shape).requires_grad_() for k, shape in enumerate(shapes)]
        result = torch.einsum(equation, *operands)
        gradient = numbers(62, *result.shape)
        result.backward(gradient)
        cases.append({
            "equation": equation, "shapes": shapes, "operands": [flat(x) for x in operands], "result": flat(result),
            "resultShape": list(result.shape), "resultGradient": flat(gradient), "gradients": [flat(x.grad) for x in operands],
        })
    return cases


# --- the default network --------------------------------------------------------------------------------------------

BATCH, STEPS = 64, 10


def batch(step):
    """Pixels: one in eight is a byte / 256, the others 0. Labels follow the first pixels.

    So few, because then no channel of the first layer is on for a whole batch. The gradient of such a channel's bias,
    straight before batchnorm, is 0; in Float it is rounding noise, which Adam scales up to whole steps.
    """
    pixels = []
    for i in range(BATCH * 784):
        bits = mix(100 + step, i)
        pixels.append((bits >> 8) / 256 if bits & 7 == 0 else 0.0)
    x = torch.tensor(pixels).reshape(BATCH, 784)
    labels = [int(x[n, :64].sum().item() * 256) % 10 for n in range(BATCH)]
    return x, torch.tensor(labels)


def network():
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.BatchNorm1d(256), nn.Dropout(0.0), nn.Linear(256, 128), nn.Tanh(),
        nn.Linear(128, 10))
    names = {
        "linear1/weight": model[0].weight, "linear1/bias": model[0].bias, "batchnorm1/gamma": model[2].weight,
        "batchnorm1/beta": model[2].bias, "linear2/weight": model[4].weight, "linear2/bias": model[4].bias,
        "linear3/weight": model[6].weight, "linear3/bias": model[6].bias,
    }
    for stream, (name, parameter) in enumerate(names.items()):
        if name.endswith("/weight"):
            outputs, inputs = parameter.shape
            # Drawn [in, out].
            parameter.data = numbers(200 + stream, inputs, outputs, scale=0.125).t().contiguous()
        else:
            parameter.data = numbers(200 + stream, *parameter.shape, scale=0.125) + (1.0 if name.endswith("gamma") else 0.0)
    return model, names


def sample(tensor):
    """Everything of a small tensor, 64 elements of a large one."""
    values = flat(tensor.t() if tensor.dim() == 2 else tensor)
    return values if len(values) <= 256 else [values[k * 7919 % len(values)] for k in range(64)]


def default_network():
    adam = {"learningRate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01}
    runs = []
    for kind, options in [
        ("momentum", {"learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.0005}),
        ("adamw", adam),
    ]:
        model, names = network()
        decayed = [p for n, p in names.items() if n.endswith("/weight")]
        others = [p for n, p in names.items() if not n.endswith("/weight")]
        optimizer = make_optimizer(
            kind, [{"params": decayed}, {"params": others, "weight_decay": 0.0}], options)
        run = {"kind": kind, "options": options, "losses": []}
        for step in range(STEPS):
            x, labels = batch(step)
            optimizer.zero_grad()
            logits = model(x)
            loss = torch.nn.functional.cross_entropy(logits, labels)
            loss.backward()
            if step == 0:
                run["logits"] = flat(logits)
                run["gradients"] = {n: sample(p.grad) for n, p in names.items()}
            optimizer.step()
            run["losses"].append(loss.item())
        run["parameters"] = {n: sample(p) for n, p in names.items()}
        run["runningMean"] = flat(model[2].running_mean)
        run["runningVariance"] = flat(model[2].running_var)
        model.eval()
        x, labels = batch(STEPS)
        run["evaluationLoss"] = torch.nn.functional.cross_entropy(model(x), labels).item()
        runs.append(run)
    return {"batch": BATCH, "steps": STEPS, "runs": runs}


def main():
    cases = {}
    for case in layers():
        cases.setdefault(case["kind"], []).append(case)
    os.makedirs(os.path.join(HERE, "layers"), exist_ok=True)
    for kind, of_kind in cases.items():
        write(f"layers/{kind}.json", of_kind)
    write("losses.json", losses())
    write("einsum.json", einsums())
    write("optimizers.json", {"optimizers": optimizers(), "clippings": clippings()})
    write("default-network.json", default_network())


main()
