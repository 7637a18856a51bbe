"""The default network in JAX, on one rank: the whole step is one compiled function, and its state is donated to it.

    python Benchmarks/Peers/jax_step.py --data FOLDER --rows 64

As JAX's documentation has it: a pure function of the state and a batch, `jit` round all of it (loss, gradients, batchnorm's
running statistics, optimizer), `donate_argnums` so that the new state takes the old one's memory. The process is bound to one
core, so that XLA has one thread. Each step is waited for, as each of dtrain's ends with its loss known.
"""

import os

os.environ["XLA_FLAGS"], os.environ["JAX_PLATFORMS"] = "--xla_cpu_multi_thread_eigen=false", "cpu"

import functools

import data

data.one_core(0, 1)

import jax
import jax.numpy as jnp


def forward(parameters, key, x, keep):
    w1, b1, gamma, beta, w2, b2, w3, b3 = parameters
    active = jax.nn.relu(x @ w1 + b1)
    mean, variance = active.mean(axis=0), active.var(axis=0)
    hidden = (active - mean) * jax.lax.rsqrt(variance + data.EPSILON) * gamma + beta
    if keep < 1:
        hidden = jnp.where(jax.random.bernoulli(key, keep, hidden.shape), hidden / keep, 0)
    return jnp.tanh(hidden @ w2 + b2) @ w3 + b3, (mean, variance)


def loss_of(parameters, key, x, y, keep):
    outputs, statistics = forward(parameters, key, x, keep)
    scores = jax.nn.log_softmax(outputs)
    return -jnp.take_along_axis(scores, y[:, None], axis=1).mean(), statistics


@functools.partial(jax.jit, donate_argnums=0, static_argnums=3)
def step(state, x, y, keep):
    parameters, velocity, running, key = state
    key, own = jax.random.split(key)
    (loss, statistics), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters, own, x, y, keep)
    velocity = jax.tree.map(lambda v, g: data.MOMENTUM * v + g, velocity, gradients)
    parameters = jax.tree.map(lambda w, v: w - data.LEARNING_RATE * v, parameters, velocity)
    running = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, running, statistics)
    return (parameters, velocity, running, key), loss


def main():
    options = data.arguments("default")
    parameters = [jnp.asarray(w) for w in data.first_weights("default")]
    state = (
        parameters, [jnp.zeros_like(w) for w in parameters], (jnp.zeros(256), jnp.ones(256)),
        jax.random.key(data.SEED))

    def advance(x, y):
        nonlocal state
        state, loss = step(state, x, y, 1 - options.dropout)
        return loss.block_until_ready()

    prepare = lambda x, y: (jnp.asarray(x), jnp.asarray(y, dtype=jnp.int32))
    data.report(*data.train(options, data.digits(options.data), 0, advance, prepare), f"JAX {jax.__version__}")


if __name__ == "__main__":
    main()
