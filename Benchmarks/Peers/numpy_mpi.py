"""The default network by hand in numpy, over MPI with mpi4py: what a careful person writes in a hundred lines.

    mpirun -np 2 python Benchmarks/Peers/numpy_mpi.py --data FOLDER --ranks 2 --rows 64

All parameters, all gradients and all velocities are one flat array each, the layers' are views into them. So the sum over ranks
is one in-place MPI_Allreduce and the optimizer three operations. Every array with a row for each sample or a parameter in it is
allocated before the first step and written with `out=`; products are BLAS on one thread. Batchnorm takes the statistics of each
rank's own rows, as PyTorch's does.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

import data


class Network:
    """784 → 256, relu, batchnorm, dropout → 128, tanh → 10, softmax with cross-entropy: SGD with momentum."""

    def __init__(self, rows, dropout, communicator):
        weights = data.first_weights("default")
        self.parameters = np.concatenate([w.reshape(-1) for w in weights])
        self.gradients, self.velocity = np.zeros_like(self.parameters), np.zeros_like(self.parameters)
        self.scratch = np.empty_like(self.parameters)
        borders = np.cumsum([0] + [w.size for w in weights])
        views = lambda flat: [flat[i:j].reshape(w.shape) for i, j, w in zip(borders, borders[1:], weights)]
        self.weights, self.slopes = views(self.parameters), views(self.gradients)
        self.rows, self.keep, self.communicator = rows, 1 - dropout, communicator
        self.ranks = communicator.size if communicator else 1
        array = lambda width: np.empty((rows, width), dtype=np.float32)
        self.active, self.normal, self.hidden, self.mask, self.wide = (array(256) for _ in range(5))
        self.squashed, self.narrow, self.outputs, self.every = array(128), array(128), array(10), np.arange(rows)
        self.ones = np.ones(rows, dtype=np.float32)
        self.mean, self.deviation, self.factor = (np.empty(256, dtype=np.float32) for _ in range(3))
        self.running_mean, self.running_variance = np.zeros(256, dtype=np.float32), np.ones(256, dtype=np.float32)
        self.random = np.random.Generator(np.random.SFC64(communicator.rank if communicator else 0))

    def step(self, x, y):
        """One step on `x [rows, 784]` and the classes `y [rows]`: the mean loss of these rows."""
        w1, b1, gamma, beta, w2, b2, w3, b3 = self.weights
        active, normal, hidden, squashed, outputs, n = (
            self.active, self.normal, self.hidden, self.squashed, self.outputs, self.rows)
        # Forward. A product with a row of ones is a sum over rows.
        np.matmul(x, w1, out=active)
        active += b1
        np.maximum(active, 0, out=active)
        np.dot(self.ones, active, out=self.mean)
        self.mean /= n
        np.subtract(active, self.mean, out=normal)
        np.multiply(normal, normal, out=self.wide)
        variance = np.dot(self.ones, self.wide, out=self.deviation)
        variance /= n
        self.running_mean += 0.1 * (self.mean - self.running_mean)
        self.running_variance += 0.1 * (variance * (n / (n - 1)) - self.running_variance)
        variance += data.EPSILON
        np.sqrt(variance, out=self.deviation)
        normal /= self.deviation
        np.multiply(normal, gamma, out=hidden)
        hidden += beta
        if self.keep < 1:
            self.random.random(out=self.wide, dtype=np.float32)
            np.less(self.wide, self.keep, out=self.mask)
            self.mask *= np.float32(1 / self.keep)
            hidden *= self.mask
        np.matmul(hidden, w2, out=squashed)
        squashed += b2
        np.tanh(squashed, out=squashed)
        np.matmul(squashed, w3, out=outputs)
        outputs += b3
        outputs -= outputs.max(axis=1, keepdims=True)
        np.exp(outputs, out=outputs)
        outputs /= outputs.sum(axis=1, keepdims=True)
        loss = -np.log(outputs[self.every, y]).mean()
        # Backward: `outputs`, `narrow` and `wide` become gradients.
        dw1, db1, dgamma, dbeta, dw2, db2, dw3, db3 = self.slopes
        narrow, wide = self.narrow, self.wide
        outputs[self.every, y] -= 1
        outputs /= n * self.ranks
        np.matmul(squashed.T, outputs, out=dw3)
        np.dot(self.ones, outputs, out=db3)
        np.matmul(outputs, w3.T, out=narrow)
        squashed *= squashed
        np.subtract(1, squashed, out=squashed)
        narrow *= squashed
        np.matmul(hidden.T, narrow, out=dw2)
        np.dot(self.ones, narrow, out=db2)
        np.matmul(narrow, w2.T, out=wide)
        if self.keep < 1:
            wide *= self.mask
        np.dot(self.ones, wide, out=dbeta)
        np.multiply(wide, normal, out=hidden)
        np.dot(self.ones, hidden, out=dgamma)
        np.divide(gamma, self.deviation, out=self.factor)
        wide -= dbeta / n
        normal *= dgamma / n
        wide -= normal
        wide *= self.factor
        np.greater(active, 0, out=self.mask)
        wide *= self.mask
        np.matmul(x.T, wide, out=dw1)
        np.dot(self.ones, wide, out=db1)
        if self.ranks > 1:
            self.communicator.Allreduce(self.in_place, self.gradients)
        self.velocity *= np.float32(data.MOMENTUM)
        self.velocity += self.gradients
        np.multiply(self.velocity, np.float32(data.LEARNING_RATE), out=self.scratch)
        self.parameters -= self.scratch
        return loss


def main():
    options = data.arguments("default")
    communicator, rank, version = None, 0, f"numpy {np.__version__}"
    if options.ranks > 1:
        import mpi4py
        from mpi4py import MPI
        communicator, rank = MPI.COMM_WORLD, MPI.COMM_WORLD.rank
        Network.in_place = MPI.IN_PLACE
        version += f", mpi4py {mpi4py.__version__}"
    network = Network(options.rows, options.dropout, communicator)
    barrier = communicator.Barrier if communicator else lambda: None
    steps, loops, losses = data.train(
        options, data.digits(options.data), rank, network.step, lambda x, y: (x, y), barrier)
    losses = np.array(losses, dtype=np.float64)
    if communicator:
        losses = communicator.allreduce(losses) / options.ranks
    if rank == 0:
        data.report(steps, loops, losses, version)


if __name__ == "__main__":
    main()
