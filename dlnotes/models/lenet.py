"""LeNet-5: the network that read cheques."""

import jax
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.activations import tanh
from dlnotes.initializers import glorot_uniform
from dlnotes.layers import Conv2d, Dense, average_pool
from dlnotes.layers._space import positions


@module
class LeNet:
    """LeNet-5: two convolutions of 5 x 5, each averaged down by two, then three dense layers; tanh in between.

    | stage | shape | parameters |
    |---|---|---|
    | image | 28 x 28 x 1 | |
    | conv1, padded by 2; average | 28 x 28 x 6, 14 x 14 x 6 | 156 |
    | conv2; average | 10 x 10 x 16, 5 x 5 x 16 | 2,416 |
    | dense1, dense2, output | 120, 84, 10 | 48,120 + 10,164 + 850 |

    The paper's network differs in four places: a trained slope and bias in each averaging; a table of connections that
    lets each of the 16 kernels see only some of the 6 images (1,516 parameters instead of 2,416); a scaled tanh; and
    radial basis functions instead of the last dense layer. So it has about 60,000 parameters, and this one 61,706.

    Attributes:
        conv1: 5 x 5, 6 channels, padding 2.
        conv2: 5 x 5, 16 channels.
        dense1: 120 units. (The paper's third convolution: its kernel covers the whole 5 x 5 image.)
        dense2: 84 units.
        output: One logit per class.

    Example:
        >>> net = LeNet.init(jax.random.key(0))
        >>> net(jax.numpy.zeros((5, 28, 28, 1))).shape
        (5, 10)
        >>> sum(leaf.size for leaf in jax.tree.leaves(net))
        61706

    Paper: LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition, section II.
    """

    conv1: Conv2d
    conv2: Conv2d
    dense1: Dense
    dense2: Dense
    output: Dense

    @classmethod
    def init(cls, key: jax.Array, n_out: int = 10) -> "LeNet":
        """Draw the network with Glorot's rule, which suits tanh.

        Args:
            key: A random key.
            n_out: Classes.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
        """
        key1, key2, key3, key4, key5 = jax.random.split(checks.key("LeNet.init", key), 5)
        return cls(
            conv1=Conv2d.init(key1, 1, 6, 5, padding=2, weight=glorot_uniform),
            conv2=Conv2d.init(key2, 6, 16, 5, weight=glorot_uniform),
            dense1=Dense.init(key3, 5 * 5 * 16, 120, glorot_uniform),
            dense2=Dense.init(key4, 120, 84, glorot_uniform),
            output=Dense.init(key5, 84, n_out, glorot_uniform),
        )

    def __call__(self, x: Float[Array, "*batch 28 28 1"]) -> Float[Array, "*batch n_out"]:
        """Logits, one row per image of 28 x 28, grey, one channel.

        Raises:
            ValueError: Images of another shape, or NaN.
        """
        x = positions("LeNet", x, 2, 1)
        x = average_pool(tanh(self.conv1(x)), 2)
        x = average_pool(tanh(self.conv2(x)), 2)
        x = x.reshape(*x.shape[:-3], -1)
        x = tanh(self.dense1(x))
        x = tanh(self.dense2(x))
        return self.output(x)
