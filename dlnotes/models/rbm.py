"""The restricted Boltzmann machine: two layers of units that pull at each other, and can dream."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.activations import sigmoid, softplus
from dlnotes.initializers import Initializer, normal

EXACT = 20  # units of the smaller layer: a million states, the most that `log_partition` adds up
PIECE = 12  # units whose 4,096 states are added up at a time


class LogPartition(NamedTuple):
    """An estimate of log Z."""

    value: Float[Array, ""]  # log Z, in nats
    error: Float[Array, ""]  # its standard error, in nats; trust neither if it is near 1 or above


@module
class RBM:
    """A restricted Boltzmann machine: a layer of visible and a layer of hidden units, each 0 or 1, joined by weights.

    Every joint state has an energy, and the lower it is, the more probable the state:

        E(v, h) = −a·v − b·h − v·W h,                    p(v, h) = exp(−E(v, h)) / Z
        F(v) = −a·v − Σⱼ softplus(bⱼ + (v W)ⱼ),          p(v) = exp(−F(v)) / Z

    Z is the sum over all states. *Restricted*: no two units of one layer are joined, so that given one layer the units
    of the other are independent coins: p(hⱼ = 1 | v) = σ(bⱼ + (v W)ⱼ), which is what calling the machine gives.

    Attributes:
        weight: W, one row for each visible unit, one column for each hidden one.
        visible_bias: a.
        hidden_bias: b.

    Example:
        >>> rbm = RBM.init(jax.random.key(0), n_visible=6, n_hidden=3)
        >>> v = jnp.array([[1.0, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1]])
        >>> rbm(v).shape, rbm.free_energy(v).shape, rbm.gibbs(v, key=jax.random.key(1), steps=5).shape
        ((2, 3), (2,), (2, 6))
        >>> log_p = -rbm.free_energy(v) - rbm.log_partition()
        >>> jnp.allclose(log_p, -6 * jnp.log(2), atol=0.2)  # hardly any weights yet: all 64 states are about as likely
        Array(True, dtype=bool)

    Smolensky 1986, "Information processing in dynamical systems: foundations of harmony theory"; Hinton 2002, "Training
    products of experts by minimizing contrastive divergence".

    Notebook: 11_layerwise_pretraining.
    """

    weight: Float[Array, "n_visible n_hidden"]
    visible_bias: Float[Array, " n_visible"]
    hidden_bias: Float[Array, " n_hidden"]

    @classmethod
    def init(cls, key: jax.Array, n_visible: int, n_hidden: int, weight: Initializer = normal(0.01)) -> "RBM":
        """Draw small weights, from N(0, 0.01²) by default (Hinton 2010, section 8); start the biases at zero.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
        """
        checks.key("RBM.init", key)
        checks.integer("RBM.init", "n_visible", n_visible, at_least=1)
        checks.integer("RBM.init", "n_hidden", n_hidden, at_least=1)
        return cls(weight(key, (n_visible, n_hidden)), jnp.zeros(n_visible), jnp.zeros(n_hidden))

    def energy(self, v: Float[Array, "*batch n_visible"], h: Float[Array, "*batch n_hidden"]) -> Float[Array, "*batch"]:
        """E(v, h) = −a·v − b·h − v·W h, in nats.

        Raises:
            ValueError: A state of another width, or NaN.
        """
        v = checks.features("RBM.energy", v, self.weight.shape[0])
        h = checks.features("RBM.energy", h, self.weight.shape[1])
        return -(v @ self.visible_bias) - h @ self.hidden_bias - ((v @ self.weight) * h).sum(-1)

    def free_energy(self, v: Float[Array, "*batch n_visible"]) -> Float[Array, "*batch"]:
        """F(v) = −log Σₕ exp(−E(v, h)) = −a·v − Σⱼ softplus(bⱼ + (v W)ⱼ), in nats: the hidden units summed out.

        Raises:
            ValueError: A state of another width, or NaN.
        """
        v = checks.features("RBM", v, self.weight.shape[0])
        return -(v @ self.visible_bias) - softplus(v @ self.weight + self.hidden_bias).sum(-1)

    def __call__(self, v: Float[Array, "*batch n_visible"]) -> Float[Array, "*batch n_hidden"]:
        """p(hⱼ = 1 | v), for every hidden unit.

        Raises:
            ValueError: A state of another width, or NaN.
        """
        return sigmoid(checks.features("RBM", v, self.weight.shape[0]) @ self.weight + self.hidden_bias)

    def visible(self, h: Float[Array, "*batch n_hidden"]) -> Float[Array, "*batch n_visible"]:
        """p(vᵢ = 1 | h) = σ(aᵢ + (W h)ᵢ), for every visible unit.

        Raises:
            ValueError: A state of another width, or NaN.
        """
        return sigmoid(checks.features("RBM.visible", h, self.weight.shape[1]) @ self.weight.T + self.visible_bias)

    def reconstruct(self, v: Float[Array, "*batch n_visible"]) -> Float[Array, "*batch n_visible"]:
        """Up and down once with probabilities instead of coins: the machine as an auto-encoder with tied weights."""
        return self.visible(self(v))

    def gibbs(
        self, v: Float[Array, "*batch n_visible"], *, key: jax.Array, steps: int = 1
    ) -> Float[Array, "*batch n_visible"]:
        """Walk `steps` times up and down, each unit tossed anew: h ~ p(h | v), then v ~ p(v | h).

        After many steps v is a sample of p(v), wherever it began.

        Args:
            v: Where each chain begins.
            key: A random key.
            steps: How often to go up and down, 0 or more.

        Raises:
            TypeError, ValueError: A state of another width, a number of steps that is not a whole number.
        """
        checks.features("RBM.gibbs", v, self.weight.shape[0])
        steps = checks.integer("RBM.gibbs", "steps", steps, at_least=0)

        def step(v, key):
            up, down = jax.random.split(key)
            h = toss(up, self(v))
            return toss(down, self.visible(h)), None

        return jax.lax.scan(step, v, jax.random.split(checks.key("RBM.gibbs", key), steps))[0]

    def gap(self, data: Float[Array, "n n_visible"], samples: Float[Array, "m n_visible"]) -> Float[Array, ""]:
        """Mean F(data) − mean F(samples): how much higher the data lie than what the machine dreams.

        With samples of p(v), its gradient is exactly that of −mean log p(data). The value is no measure of how well
        the machine does: in a trained one it wavers about 0. The samples are taken as given: no gradient flows into
        how they were made.
        """
        return self.free_energy(data).mean() - self.free_energy(jax.lax.stop_gradient(samples)).mean()

    def contrastive_divergence(
        self, v: Float[Array, "n n_visible"], *, key: jax.Array, steps: int = 1
    ) -> Float[Array, ""]:
        """The loss of CD-k: the `gap` between the data and chains that began at the data, k steps ago.

        ∂/∂W = −⟨vᵀ p(h|v)⟩ at the data + ⟨vᵀ p(h|v)⟩ after k steps, so that `jax.grad` and any optimizer train it.

        Args:
            v: Examples, each number 0 or 1 (or a probability between).
            key: A random key.
            steps: k.

        Paper: Hinton 2002, eq. 5.
        """
        return self.gap(v, jax.lax.stop_gradient(self).gibbs(v, key=key, steps=steps))

    def persistent(
        self, v: Float[Array, "n n_visible"], chains: Float[Array, "m n_visible"], *, key: jax.Array, steps: int = 1
    ) -> tuple[Float[Array, ""], Float[Array, "m n_visible"]]:
        """The loss of persistent CD: the `gap` between the data and chains that go on from where they were last time.

        Args:
            v: Examples, each number 0 or 1 (or a probability between).
            chains: The chains' states: anything at first, then what the last call gave.
            key: A random key.
            steps: Steps of the chains for each step of training.

        Returns:
            The loss, and the chains' new states.

        Paper: Tieleman 2008, "Training restricted Boltzmann machines using approximations to the likelihood gradient".
        """
        chains = jax.lax.stop_gradient(self).gibbs(chains, key=key, steps=steps)
        return self.gap(v, chains), chains

    def log_partition(self) -> Float[Array, ""]:
        """Log Z, exactly, in nats: all 2ⁿ states of the smaller layer added up, the larger one summed out.

        Raises:
            ValueError: More than 20 units in the smaller layer.
        """
        n_visible, n_hidden = self.weight.shape
        turned = RBM(self.weight.T, self.hidden_bias, self.visible_bias)  # what is hidden is a matter of names
        small = self if n_visible <= n_hidden else turned
        n = min(n_visible, n_hidden)
        if n > EXACT:
            raise ValueError(
                f"RBM.log_partition expects a layer of at most {EXACT} units, because it adds up all its states; got "
                f"{n_visible} visible and {n_hidden} hidden units. Use annealed_log_partition for an estimate."
            )
        first, rest = states(max(n - PIECE, 0)), states(min(n, PIECE))

        def piece(row):
            rows = jnp.concatenate([jnp.broadcast_to(row, (len(rest), len(row))), rest], axis=1)
            return jax.nn.logsumexp(-small.free_energy(rows))

        return jax.nn.logsumexp(jax.lax.map(piece, first))

    def annealed_log_partition(
        self,
        key: jax.Array,
        *,
        chains: int = 100,
        steps: int = 1000,
        mean: Float[Array, " n_visible"] | None = None,
    ) -> LogPartition:
        """Estimate log Z by annealed importance sampling: carry chains slowly from a machine whose Z is known to this.

        The known one has no weights, only visible biases: Z₀ = 2ⁿʰ Πᵢ (1 + exp aᵢ). Between them lie machines whose
        parameters are mixed, (1 − β) of the first and β of this. Each chain collects Σ Fₖ₋₁(v) − Fₖ(v) on its way, and
        exp of that is on average Z / Z₀. The mean can only be trusted if no few chains outweigh the rest: see `error`.

        Args:
            key: A random key.
            chains: Independent chains; the error falls with their root.
            steps: Machines on the way; the more, the smaller the error.
            mean: How often each visible unit is on in the data, which makes a good start; 0.5 if None.

        Returns:
            The estimate and its standard error.

        Raises:
            TypeError, ValueError: Counts that are not whole numbers above 1, a mean outside [0, 1] or of another width.

        Paper: Salakhutdinov and Murray 2008, "On the quantitative analysis of deep belief networks", section 4.1.
        """
        who = "RBM.annealed_log_partition"
        chains = checks.integer(who, "chains", chains, at_least=2)
        steps = checks.integer(who, "steps", steps, at_least=1)
        n_visible, n_hidden = self.weight.shape
        mean = jnp.full(n_visible, 0.5, self.weight.dtype) if mean is None else checks.features(who, mean, n_visible)
        if not checks.is_traced(mean) and not bool(((mean >= 0) & (mean <= 1)).all()):
            raise ValueError(f"{who} expects mean in [0, 1], a share of the data; got {mean.min()} to {mean.max()}.")
        mean = jnp.clip(mean, 0.01, 0.99)  # a unit never seen on may yet be on
        odds = jnp.log(mean) - jnp.log1p(-mean)
        base = RBM(jnp.zeros_like(self.weight), odds, jnp.zeros_like(self.hidden_bias))
        start, walk = jax.random.split(checks.key(who, key))

        def machine(beta):
            return jax.tree.map(lambda first, last: (1 - beta) * first + beta * last, base, self)

        def step(carry, now):
            v, log_weight = carry
            before, after, key = now
            log_weight = log_weight + machine(before).free_energy(v) - machine(after).free_energy(v)
            return (machine(after).gibbs(v, key=key), log_weight), None

        betas = jnp.linspace(0, 1, steps + 1, dtype=mean.dtype)
        v = toss(start, jnp.broadcast_to(mean, (chains, n_visible)))
        way = betas[:-1], betas[1:], jax.random.split(walk, steps)
        (_, log_weight), _ = jax.lax.scan(step, (v, jnp.zeros(chains, mean.dtype)), way)
        highest = log_weight.max()
        weight = jnp.exp(log_weight - highest)
        log_base = n_hidden * math.log(2) + softplus(odds).sum()
        error = weight.std(ddof=1) / (weight.mean() * math.sqrt(chains))
        return LogPartition(log_base + highest + jnp.log(weight.mean()), error)


def toss(key: jax.Array, probability: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Toss a coin for each probability: 1.0 or 0.0."""
    return jax.random.bernoulli(key, probability).astype(probability.dtype)


def states(n: int) -> Float[Array, "states n"]:
    """All 2ⁿ states of n units, one in each row."""
    return ((jnp.arange(2**n)[:, None] >> jnp.arange(n)) & 1).astype(jnp.float32)
