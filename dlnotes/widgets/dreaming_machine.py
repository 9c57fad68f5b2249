"""A restricted Boltzmann machine that dreams: ten Gibbs chains, and how deep in the energy's valley each of them is."""

from functools import lru_cache
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ScalarLike
from matplotlib.figure import Figure

from dlnotes import _checks as checks
from dlnotes.models.rbm import RBM, toss
from dlnotes.plots import _style as style
from dlnotes.plots.mosaic import tiles
from dlnotes.widgets._shell import Control, Picture

CHAINS, STEPS = 10, 300


class DreamingMachine(Picture):
    """Ten Gibbs chains of a trained machine, seen after any number of steps.

    Above, where each chain is: the probabilities from which its pixels are tossed. Below, the free energy of each chain
    from the first step to the last. The band is where 90 of 100 data lie: a machine that has learnt well dreams there.

    Args:
        machine: A trained `RBM`, with one visible unit for each pixel.
        images: Data, to begin from and to compare with: (n, height, width) or (n, height, width, 1), ink in [0, 1].
        **settings: `steps` (0 to 300, up and down once each), `start` ("noise" or "data"), `temperature` (0.5 to 2: all
            energies are divided by it, so that below 1 the machine is surer than it learnt to be), `seed`.

    Raises:
        TypeError, ValueError: Not a machine, or pictures of another size.

    Notebook: 11_layerwise_pretraining.
    """

    size = (720, 420)
    title: ClassVar[str] = "What does the machine dream?"

    def __init__(self, machine: RBM, images: Any, **settings: Any) -> None:
        if not isinstance(machine, RBM):
            raise TypeError(f"DreamingMachine expects an RBM; got {type(machine).__name__}.")
        images = np.asarray(checks.array("DreamingMachine", images, name="images", min_rank=3), np.float32)
        self.shape = images.shape[1:3]
        if images.size != len(images) * machine.weight.shape[0]:
            raise ValueError(
                f"DreamingMachine expects images of {machine.weight.shape[0]} pixels, one for each visible unit of the "
                f"machine; got images of shape {images.shape[1:]}."
            )
        self.machine, self.images = machine, jnp.asarray(images.reshape(len(images), -1))
        self.band = np.percentile(machine.free_energy(self.images), [5, 95])
        self.chains = lru_cache(maxsize=16)(self._chains)
        controls = {
            "steps": Control.slider("Gibbs steps", 0, STEPS, 100),
            "start": Control.select("begin with", ("noise", "data")),
            "temperature": Control.slider("temperature", 0.5, 2.0, 1.0, step=0.05),
            "seed": Control.slider("seed", 0, 20, 0),
        }
        super().__init__(controls, settings)

    def _chains(self, start: str, temperature: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Pictures (step, chain, pixel) as bytes, and free energies (step, chain)."""
        begin, walk = jax.random.split(jax.random.key(seed))
        if start == "data":
            v = self.images[jax.random.choice(begin, len(self.images), (CHAINS,))]
        else:
            v = toss(begin, jnp.full((CHAINS, self.images.shape[1]), 0.5))
        pictures, energies = _walk(self.machine, v, temperature, walk)
        return np.asarray(pictures), np.asarray(energies)

    def build(self, figure: Figure) -> None:
        """One long picture of ten, and the curves."""
        top, bottom = figure.subplots(2, 1, height_ratios=(1, 2.2))
        self.sheet = top.imshow(tiles(np.zeros((CHAINS, *self.shape)), CHAINS), cmap="gray_r", vmin=0, vmax=1)
        top.set_axis_off()
        self.now = top.set_title("", fontsize=style.FONT + 1, loc="left")
        bottom.axhspan(*self.band, color=style.COLORS["sky"], alpha=0.3, linewidth=0)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
        bottom.annotate("90 of 100 data", (1, self.band[1]), (-4, 4), color=style.COLORS["blue"], **place)
        self.curves = bottom.plot(np.zeros((STEPS + 1, CHAINS)), color=style.MUTED, linewidth=0.9, alpha=0.8)
        self.here = bottom.axvline(0, color=style.COLORS["red"], linestyle="--")
        bottom.set(xlabel="Gibbs steps", ylabel="free energy, nats", xlim=(0, STEPS))
        self.below = bottom

    def draw(self, **settings: Any) -> None:
        """Put the ten pictures and ten curves in their place."""
        steps = settings["steps"]
        pictures, energies = self.chains(settings["start"], settings["temperature"], settings["seed"])
        self.sheet.set_data(tiles(pictures[steps].reshape(CHAINS, *self.shape) / 255, CHAINS))
        self.now.set_text(f"ten chains after {steps} step{'s' * (steps != 1)}")
        for curve, energy in zip(self.curves, energies.T, strict=True):
            curve.set_ydata(energy)
        self.here.set_xdata([steps, steps])
        width = self.band[1] - self.band[0]
        low, high = min(self.band[0], energies.min()), max(self.band[1], *energies[5:].max(0))
        self.below.set_ylim(low - 0.2 * width, high + 0.6 * width)  # the first steps may fall in from above

    def numbers(self) -> dict[str, Any]:
        """The free energy of each chain at this step, and the band of the data, in nats."""
        now = self.settings
        pictures, energies = self.chains(now["start"], now["temperature"], now["seed"])
        ink = pictures[now["steps"]].mean(axis=-1) / 255
        return {"free_energy": energies[now["steps"]], "ink": ink, "data": self.band}

    def words(self) -> str:
        """How many of the chains are where the data are."""
        low, high = self.band
        energy = self.numbers()["free_energy"]
        inside = int(((energy >= low) & (energy <= high)).sum())
        return f"{inside} of the {CHAINS} chains are as deep as 90 of 100 data ({low:.0f} to {high:.0f} nats)."

    @property
    def alt(self) -> str:
        """The ten chains in words."""
        now = self.settings
        return (
            f"DreamingMachine: ten pictures that Gibbs chains have reached from {now['start']} after {now['steps']} "
            f"steps, at temperature {now['temperature']:.2f}; below, the free energy of each chain at every step, "
            f"beside a band where 90 of 100 data lie."
        )


@jax.jit
def _walk(machine: RBM, v: jax.Array, temperature: ScalarLike, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Every step of the chains: what the pixels are tossed from, and the free energy of the pixels tossed."""
    cooler = jax.tree.map(lambda leaf: leaf / temperature, machine)

    def step(v, key):
        up, down = jax.random.split(key)
        p = cooler.visible(toss(up, cooler(v)))
        v = toss(down, p)
        return v, (jnp.round(255 * p).astype(jnp.uint8), machine.free_energy(v))

    first = jnp.round(255 * v).astype(jnp.uint8), machine.free_energy(v)
    rest = jax.lax.scan(step, v, jax.random.split(key, STEPS))[1]
    return jax.tree.map(lambda one, many: jnp.concatenate([one[None], many]), first, rest)
