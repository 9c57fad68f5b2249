"""Attention equals PyTorch's, value and gradient, self and cross, causal, masked, grouped: 1e-5, float64 1e-11."""

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import MultiHeadAttention, scaled_dot_product_attention

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
F = torch.nn.functional
BATCH, TIME, N_KEYS, N, HEADS = 2, 5, 7, 8, 4


def close(one, two, atol):
    np.testing.assert_allclose(one, two, rtol=atol, atol=atol * max(1, np.abs(np.asarray(two)).max()))


def check(cross, causal, seed, dtype, atol):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    peer = torch.nn.MultiheadAttention(
        N, HEADS, batch_first=True, kdim=6 if cross else None, vdim=6 if cross else None, dtype=getattr(torch, dtype)
    )
    for p in (peer.in_proj_bias, peer.out_proj.bias):
        torch.nn.init.normal_(p)  # the key's bias too, which matters to nothing
    x, pull = (rng.normal(size=(BATCH, TIME, N)).astype(dtype) for _ in range(2))
    context = rng.normal(size=(BATCH, N_KEYS, 6)).astype(dtype) if cross else x
    n_keys = context.shape[1]
    mask = rng.random((TIME, n_keys)) < 0.7
    mask[:, 0] = True
    hidden = torch.tensor(~(mask & np.tri(TIME, dtype=bool)) if causal else ~mask)

    x_torch = torch.tensor(x, requires_grad=True)
    c_torch = torch.tensor(context, requires_grad=True) if cross else x_torch
    y, weights = peer(x_torch, c_torch, c_torch, attn_mask=hidden, average_attn_weights=False)
    (y * torch.tensor(pull)).sum().backward()

    def of(get):
        matrices = (peer.q_proj_weight, peer.k_proj_weight, peer.v_proj_weight)
        parts = [get(m) for m in matrices] if cross else np.split(get(peer.in_proj_weight), 3)
        b_q, _, b_v = np.split(get(peer.in_proj_bias), 3)
        numbers = [*(m.T for m in parts), get(peer.out_proj.weight).T, b_q, b_v, get(peer.out_proj.bias)]
        return MultiHeadAttention(*map(jnp.asarray, numbers), n_heads=HEADS, n_kv_heads=HEADS)

    layer = of(lambda p: p.detach().numpy())
    arguments = layer, jnp.asarray(x), jnp.asarray(context) if cross else None, jnp.asarray(mask), jnp.asarray(pull)
    slopes, (ours, our_weights) = score(*arguments, causal)
    close(ours, y.detach(), atol)
    close(our_weights, weights.detach(), atol)
    wanted = (of(lambda p: p.grad.numpy()), x_torch.grad, c_torch.grad)
    jax.tree.map(lambda a, b: close(a, b, 5 * atol), slopes[0], wanted[0])
    for slope, want in zip(slopes[1:], wanted[1:], strict=True):
        assert slope is None or close(slope, want, 5 * atol) is None


def _score(layer, x, context, mask, pull, causal):
    def loss(layer, x, context):
        y = layer(x, context, mask=mask, causal=causal)
        return jnp.vdot(y, pull), (y, layer.weights(x, context, mask=mask, causal=causal))

    return jax.grad(loss, argnums=(0, 1, 2), has_aux=True)(layer, x, context)


score = jax.jit(_score, static_argnums=5)


@pytest.mark.parametrize(("cross", "causal"), [(False, False), (False, True), (True, False)])
def test_equals_pytorch(cross, causal):
    for seed in range(12):
        check(cross, causal, seed, "float32", 2e-6)
    with contract.float64():
        check(cross, causal, 99, "float64", 1e-12)


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
def test_grouped_heads_equal_pytorch(n_kv_heads):
    """`enable_gqa` gives the heads next to each other the same keys; a row with nothing to see gives zeros."""
    d = N // HEADS

    @jax.jit
    def ours(layer, x, mask):
        def loss(layer, x):
            y = layer(x, mask=mask)
            return jnp.sin(y).sum(), y

        return jax.grad(loss, argnums=(0, 1), has_aux=True)(layer, x)

    for seed in range(12):
        rng = np.random.default_rng(seed)
        shapes = [(N, N), (N, d * n_kv_heads), (N, d * n_kv_heads), (N, N)]
        matrices = [rng.normal(size=shape).astype("float32") / 2 for shape in shapes]
        x = rng.normal(size=(BATCH, TIME, N)).astype("float32")
        mask = rng.random((BATCH, TIME, TIME)) < 0.7
        mask[:, 2] = False
        layer = MultiHeadAttention(*map(jnp.asarray, matrices), None, None, None, n_heads=HEADS, n_kv_heads=n_kv_heads)
        slopes, y = ours(layer, jnp.asarray(x), jnp.asarray(mask))

        w_q, w_k, w_v, w_o, x_torch = (torch.tensor(part, requires_grad=True) for part in (*matrices, x))
        q = (x_torch @ w_q).unflatten(-1, (HEADS, d)).transpose(1, 2)
        k, v = ((x_torch @ w).unflatten(-1, (n_kv_heads, d)).transpose(1, 2) for w in (w_k, w_v))
        joined = F.scaled_dot_product_attention(q, k, v, torch.tensor(mask)[:, None], enable_gqa=True)
        theirs = joined.transpose(1, 2).flatten(2) @ w_o
        torch.sin(theirs).sum().backward()
        close(y, theirs.detach(), 2e-6)
        for slope, want in zip(jax.tree.leaves(slopes), (w_q, w_k, w_v, w_o, x_torch), strict=True):
            close(slope, want.grad, 1e-5)
        assert not y[:, 2].any()


def test_the_formula_with_a_bias_equals_pytorch():
    ours = jax.jit(scaled_dot_product_attention)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        shapes = [(2, 3, TIME, 4), (2, 3, N_KEYS, 4), (2, 3, N_KEYS, 6), (2, 3, TIME, N_KEYS)]
        q, k, v, bias = (rng.normal(size=shape).astype("float32") for shape in shapes)
        theirs = F.scaled_dot_product_attention(*map(torch.tensor, (q, k, v)), attn_mask=torch.tensor(bias))
        close(ours(*map(jnp.asarray, (q, k, v)), None, jnp.asarray(bias)), theirs, 2e-6)
