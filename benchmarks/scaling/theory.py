"""What a training step should cost: its arithmetic and its memory, counted on paper.

The networks are a plain MLP with `depth` hidden layers and the GPT of `dlnotes.models` with `depth` blocks, trained
with Adam in float32.

**Time** grows with the arithmetic, two operations for each multiply-add of a matrix product: the product itself, the
gradient with respect to the weights, and that with respect to the input, which the first layer does not need.

**Memory**, in numbers of four bytes, for P parameters:

    parameters P  +  gradients P  +  Adam's moments 2 P  +  activations A

where A is what the forward pass keeps for the way back: the input of each matrix product, bend, norm and softmax. With
B examples, width d, depth L, context T, h heads and V tokens or classes:

    MLP    A = B (n_in + 2 L d + V)
    GPT    A = B T (L (16 d + 2 h T) + 2 d + V)

Each hidden layer counts before and after its bend. In a block of the GPT the 16 widths are: two inputs of norms, two of
what the norms give out, q, k and v, the heads' answer, and four each before and after the bend; `2 h T` are the scores
of the attention and their softmax. It is a rough sum of what is alive at once: while the gradients come the activations
go, and a product may need room to work in. On n devices each holds all of the parameters, gradients and moments, and
its share of the activations.
"""

from dataclasses import dataclass

N_IN, N_OUT, N_HEADS, N_TOKENS = 64, 10, 4, 65


@dataclass(frozen=True)
class Setting:
    """One network, one batch, one machine.

    Attributes:
        network: "mlp", "gpt" or "resnet".
        width: Units of a hidden layer; features of the GPT.
        depth: Hidden layers; blocks; the number in ResNet's name.
        batch: Examples in a step.
        context: Tokens in an example; 0 for networks without.
        devices: How many share the batch.
        repeated: Whether the blocks are compiled as one loop.
    """

    network: str
    width: int = 0
    depth: int = 0
    batch: int = 0
    context: int = 0
    devices: int = 1
    repeated: bool = False


def parameters(s: Setting) -> int:
    """How many numbers are trained."""
    d = s.width
    if s.network == "mlp":
        return N_IN * d + (s.depth - 1) * d**2 + d * N_OUT + s.depth * d + N_OUT
    block = 12 * d**2 + 12 * d  # products 4 + 8 widths squared; biases 3 (none for the keys) + 5, and two norms
    return (N_TOKENS + s.context + 2) * d + s.depth * block


def flops(s: Setting) -> int:
    """Operations of a training step."""
    d, time = s.width, s.context
    if s.network == "mlp":
        first, others = N_IN * d, (s.depth - 1) * d**2 + d * N_OUT
    else:
        first, others = 0, s.depth * (12 * time * d**2 + 2 * time**2 * d) + time * d * N_TOKENS
    return 2 * s.batch * (2 * first + 3 * others)


def activations(s: Setting) -> int:
    """Numbers that the forward pass keeps for the way back, on all devices together."""
    d, time = s.width, s.context
    if s.network == "mlp":
        return s.batch * (N_IN + 2 * s.depth * d + N_OUT)
    return s.batch * time * (s.depth * (16 * d + 2 * N_HEADS * time) + 2 * d + N_TOKENS)


def megabytes(s: Setting) -> float:
    """Peak memory of a training step, on all devices together."""
    return 4 * (s.devices * 4 * parameters(s) + activations(s)) / 2**20
