"""The multi-layer perceptron: dense layers with a bend between them."""

from collections.abc import Callable, Sequence

import jax
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.activations import relu
from dlnotes.initializers import Initializer, he_normal
from dlnotes.layers import Dense


@module
class MLP:
    """A feed-forward network: `h₀ = x`, `hₗ = f(hₗ₋₁ Wₗ + bₗ)`, and the last layer without `f`.

    The outputs are logits, any real numbers: `softmax(mlp(x))` are probabilities, and the losses of `dlnotes.losses`
    take the logits as they are.

    Attributes:
        layers: The dense layers, from the input's side to the output's.
        activation: f, applied after every layer but the last. A named function: a fresh lambda compiles anew.

    Example:
        >>> mlp = MLP.init(jax.random.key(0), (64, 32, 10))
        >>> mlp
        MLP(layers=(Dense(weight=float32[64,32], bias=float32[32]), Dense(weight=float32[32,10], bias=float32[10])), \
activation=relu)
        >>> x = jax.numpy.zeros((5, 64))
        >>> mlp(x).shape
        (5, 10)
        >>> [h.shape for h in mlp.activations(x)]
        [(5, 32), (5, 10)]

    Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors".

    Notebook: 04_feedforward_networks.
    """

    layers: tuple[Dense, ...]
    activation: Callable[[Array], Array] = static(default=relu)

    @classmethod
    def init(
        cls,
        key: jax.Array,
        sizes: Sequence[int],
        activation: Callable[[Array], Array] = relu,
        weight: Initializer = he_normal,
    ) -> "MLP":
        """Draw a network with these widths, input and output included.

        Args:
            key: A random key.
            sizes: Numbers per example at each stage: (784, 128, 10) is one hidden layer of 128 units.
            activation: The function between the layers, from `dlnotes.activations`.
            weight: How the weights are drawn: He's rule suits ReLU, `glorot_uniform` tanh and sigmoid.

        Raises:
            TypeError, ValueError: Fewer than two sizes, a size that is not a positive integer, an activation that
                cannot be called, or something that is not a key.
        """
        checks.key("MLP.init", key)
        checks.function("MLP.init", "activation", activation)
        widths = checks.sizes("MLP.init", "sizes", sizes, at_least=2)
        keys = jax.random.split(key, len(widths) - 1)
        pairs = zip(keys, widths[:-1], widths[1:], strict=True)
        return cls(tuple(Dense.init(k, n_in, n_out, weight) for k, n_in, n_out in pairs), activation)

    def __call__(self, x: Float[Array, "*batch n_in"]) -> Float[Array, "*batch n_out"]:
        """Logits, one row per example.

        Raises:
            ValueError: The last axis of `x` is not as wide as the first layer expects, or `x` holds NaN.
        """
        return self.activations(x)[-1]

    def activations(self, x: Float[Array, "*batch n_in"]) -> list[Array]:
        """What every layer gives out: the hidden layers after their activation, then the logits.

        For figures; under `jax.jit` the parts that are not used cost nothing.
        """
        h = checks.features("MLP", x, self.layers[0].weight.shape[0])
        outputs = []
        for layer in self.layers[:-1]:
            h = self.activation(layer(h))
            outputs.append(h)
        return [*outputs, self.layers[-1](h)]
