"""Who takes part: name -> what a table calls it, the file that trains, its setting, and the libraries it stands on."""

from typing import NamedTuple


class Peer(NamedTuple):
    """One way to train.

    Attributes:
        title: What a table shows.
        module: The file beside this one with `prepare(workload, setting) -> Trainer`.
        setting: What it is told.
        libraries: What it imports; the import of these is timed, and their versions are written down.
    """

    title: str
    module: str
    setting: str
    libraries: tuple[str, ...]


PEERS = {
    "dlnotes": Peer("dlnotes", "dlnotes_peer", "", ("dlnotes.models", "dlnotes.train", "jax")),
    "dlnotes-plain": Peer("dlnotes, plain", "dlnotes_peer", "plain", ("dlnotes.models", "dlnotes.train", "jax")),
    "plain": Peer("plain JAX", "plain_jax", "", ("jax",)),
    "flax": Peer("Flax NNX", "flax_peer", "", ("jax", "optax", "flax.nnx")),
    "equinox": Peer("Equinox", "equinox_peer", "", ("jax", "optax", "equinox")),
    "keras": Peer("Keras on JAX", "keras_peer", "", ("keras",)),
    "torch-eager": Peer("PyTorch eager", "torch_peer", "eager", ("torch",)),
    "torch-best": Peer("PyTorch best", "torch_peer", "best", ("torch",)),
    "torch-compile": Peer("torch.compile", "torch_peer", "compile", ("torch",)),
    "dlnotes-rl": Peer("dlnotes", "environments", "dlnotes", ("dlnotes.rl", "jax")),
    "gymnax": Peer("gymnax", "environments", "gymnax", ("gymnax", "jax")),
    "gymnasium": Peer("Gymnasium's loop", "environments", "loop", ("gymnasium",)),
    "gymnasium-vector": Peer("Gymnasium's vector form", "environments", "vector", ("gymnasium",)),
}
