"""A small convolutional network: edges, then parts, then classes."""

from collections.abc import Sequence

import jax
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.activations import relu
from dlnotes.initializers import glorot_uniform
from dlnotes.layers import Conv2d, Dense, max_pool
from dlnotes.layers._space import positions


@module
class CNN:
    """Convolutions of 3 x 3 with ReLU and max-pooling between them, then one hidden dense layer.

    For an image of 28 x 28 and 32, 64, 64 channels the sizes are 26, 13, 11, 5, 3: each convolution without padding
    takes one place off every side, each pooling of 2 x 2 halves what is left and drops an odd row.

    Attributes:
        convs: The convolutions, from the image's side on; a pooling after each but the last.
        hidden: Dense, from the last image, flattened.
        output: Dense, one logit per class.

    Example:
        >>> cnn = CNN.init(jax.random.key(0), image=(28, 28, 1), n_out=10)
        >>> cnn(jax.numpy.zeros((5, 28, 28, 1))).shape
        (5, 10)
        >>> cnn.hidden.weight.shape  # 3 x 3 x 64 numbers are left of the image
        (576, 64)

    After LeCun et al. 1998, with ReLU and max-pooling; the sizes are those of many first examples.
    """

    convs: tuple[Conv2d, ...]
    hidden: Dense
    output: Dense

    @classmethod
    def init(
        cls,
        key: jax.Array,
        image: Sequence[int],
        channels: Sequence[int] = (32, 64, 64),
        n_hidden: int = 64,
        n_out: int = 10,
    ) -> "CNN":
        """Draw a network for images of one size: He's rule before a ReLU, Glorot's before the logits.

        Args:
            key: A random key.
            image: Height, width and channels of an image.
            channels: Output channels, convolution by convolution.
            n_hidden: Units of the dense layer.
            n_out: Classes.

        Raises:
            TypeError, ValueError: Sizes that are not positive integers, an image too small for so many convolutions,
                or something that is not a key.
        """
        height, width, n_in = checks.sizes("CNN.init", "image", image, at_least=3)
        channels = checks.sizes("CNN.init", "channels", channels)
        *conv_keys, key1, key2 = jax.random.split(checks.key("CNN.init", key), len(channels) + 2)
        convs = []
        for i, (k, n) in enumerate(zip(conv_keys, channels, strict=True)):
            if i > 0:
                height, width = height // 2, width // 2
            height, width = height - 2, width - 2
            convs.append(Conv2d.init(k, n_in, n, 3))
            n_in = n
        if height < 1 or width < 1:
            raise ValueError(
                f"CNN.init expects an image large enough for {len(channels)} convolutions; got {tuple(image)}. "
                f"Give fewer channels, or larger images."
            )
        hidden = Dense.init(key1, height * width * n_in, n_hidden)
        return cls(tuple(convs), hidden, Dense.init(key2, n_hidden, n_out, glorot_uniform))

    def __call__(self, x: Float[Array, "*batch height width n_in"]) -> Float[Array, "*batch n_out"]:
        """Logits, one row per image.

        Raises:
            ValueError: An image of another size or with other channels, or NaN.
        """
        x = positions("CNN", x, 2, self.convs[0].weight.shape[2])
        for conv in self.convs[:-1]:
            x = max_pool(relu(conv(x)), 2)
        x = relu(self.convs[-1](x))
        x = x.reshape(*x.shape[:-3], -1)
        return self.output(relu(self.hidden(x)))
