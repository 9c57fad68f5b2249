"""GPT: predict the next token from all before it."""

import dataclasses
import math

import jax
from jaxtyping import Array, Float, Integer

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.activations import gelu
from dlnotes.initializers import normal
from dlnotes.layers import Dense, Embedding, LayerNorm, MultiHeadAttention, Repeated

STD = 0.02  # of all weights at the start, as in GPT-2


@module
class GPTBlock:
    """Look around, then think: `h = x + attention(norm1(x))`, `y = h + narrow(gelu(widen(norm2(h))))`.

    The norms stand before attention and dense layers (pre-norm), so that the straight path from the first block to the
    last stays bare; in the first Transformer they stood after the sum.

    Attributes:
        norm1: Before the attention.
        attention: Causal: each place sees itself and what came before.
        norm2: Before the dense layers.
        widen: Dense, to four times the width.
        narrow: Dense, back.

    Example:
        >>> block = GPTBlock.init(jax.random.key(0), n_features=8, n_heads=2)
        >>> block(jax.numpy.ones((3, 5, 8))).shape
        (3, 5, 8)
    """

    norm1: LayerNorm
    attention: MultiHeadAttention
    norm2: LayerNorm
    widen: Dense
    narrow: Dense

    @classmethod
    def init(cls, key: jax.Array, n_features: int, n_heads: int, n_blocks: int = 1) -> "GPTBlock":
        """Draw a block: weights from N(0, 0.02²), those that write onto the straight path divided by √(2 n_blocks).

        Raises:
            TypeError, ValueError: A size that is not a positive integer, heads that do not divide the features, or
                something that is not a key.
        """
        key1, key2, key3 = jax.random.split(checks.key("GPTBlock.init", key), 3)
        small, writing = normal(STD), normal(STD / math.sqrt(2 * n_blocks))
        attention = MultiHeadAttention.init(key1, n_features, n_heads, weight=small)
        return cls(
            norm1=LayerNorm.init(n_features),
            attention=dataclasses.replace(attention, output=attention.output / math.sqrt(2 * n_blocks)),
            norm2=LayerNorm.init(n_features),
            widen=Dense.init(key2, n_features, 4 * n_features, small),
            narrow=Dense.init(key3, 4 * n_features, n_features, writing),
        )

    def __call__(self, x: Float[Array, "*batch time n_features"]) -> Float[Array, "*batch time n_features"]:
        """Apply the block.

        Raises:
            ValueError: `x` has another width, fewer than two axes or NaN.
        """
        x = checks.features("GPTBlock", x, self.norm1.scale.shape[0], min_rank=2)
        h = x + self.attention(self.norm1(x), causal=True)
        return h + self.narrow(gelu(self.widen(self.norm2(h)), approximate=True))


@module
class GPT:
    """A decoder-only Transformer: embeddings of tokens and places, blocks, a last norm, and the embedding once more.

        h = tokens(t) + positions;    h = block(h), n_blocks times;    logits = norm(h) Eᵀ

    The table E reads the tokens and writes the logits (tied weights). There is no dropout. With the sizes of GPT-2's
    smallest (50,257 tokens, context 1,024, 768 features, 12 heads, 12 blocks) it has 124,430,592 parameters: GPT-2's
    124,439,808 less the 9,216 biases of its keys, which softmax cannot see.

    Attributes:
        tokens: The embedding of the tokens.
        positions: One vector for each place, learnt.
        blocks: The blocks: a tuple, each compiled on its own; or `Repeated`, compiled once.
        norm: After the last block.

    Example:
        >>> gpt = GPT.init(jax.random.key(0), n_tokens=65, context=16, n_features=8, n_heads=2, n_blocks=3)
        >>> gpt(jax.numpy.array([[3, 1, 4, 1, 5]])).shape  # at every place, a logit for each token that may come next
        (1, 5, 65)

    Paper: Radford, Wu, Child, Luan, Amodei and Sutskever 2019, Language models are unsupervised multitask learners,
    section 2.3.
    """

    tokens: Embedding
    positions: Float[Array, "context n_features"]
    blocks: tuple[GPTBlock, ...] | Repeated
    norm: LayerNorm

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_tokens: int,
        context: int,
        n_features: int,
        n_heads: int,
        n_blocks: int,
        repeated: bool = False,
    ) -> "GPT":
        """Draw the network as GPT-2 was.

        Args:
            key: A random key.
            n_tokens: Tokens in the vocabulary.
            context: Places: the longest text that it can read.
            n_features: Numbers per place.
            n_heads: Heads of each attention; divides `n_features`.
            n_blocks: Blocks.
            repeated: Whether to stack the blocks' numbers and compile one block for all. The time to compile then does
                not grow with the depth; a step may take a little longer.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, heads that do not divide the features, or
                something that is not a key.
        """
        key1, key2, key3 = jax.random.split(checks.key("GPT.init", key), 3)
        n_blocks = checks.integer("GPT.init", "n_blocks", n_blocks, at_least=1)
        checks.integer("GPT.init", "context", context, at_least=1)

        def block(key: jax.Array) -> GPTBlock:
            return GPTBlock.init(key, n_features, n_heads, n_blocks)

        checks.flag("GPT.init", "repeated", repeated)
        blocks = (
            Repeated.init(key2, block, n_blocks) if repeated else tuple(map(block, jax.random.split(key2, n_blocks)))
        )
        tokens = Embedding.init(key1, n_tokens, n_features, normal(STD))
        positions = normal(STD)(key3, (context, n_features))
        return cls(tokens, positions, blocks, LayerNorm.init(n_features))

    def __call__(self, tokens: Integer[Array, "*batch time"]) -> Float[Array, "*batch time n_tokens"]:
        """Logits of the next token, at every place.

        Raises:
            TypeError: The tokens are not integers.
            ValueError: A token outside the vocabulary, or a text longer than the context.
        """
        h = self.tokens(tokens)
        time, context = h.shape[-2], self.positions.shape[0]
        if time > context:
            raise ValueError(
                f"GPT expects at most {context} tokens, its context; got {time}. Give it the last {context}."
            )
        h = h + self.positions[:time]
        if isinstance(self.blocks, Repeated):
            h = self.blocks(h)
        else:
            for block in self.blocks:
                h = block(h)
        return self.tokens.attend(self.norm(h))
