"""A restricted Boltzmann machine that dreams: ten Gibbs chains, and how deep in the energy's valley each of them is."""

from functools import lru_cache
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks
from dlnotes.models.rbm import RBM
from dlnotes.plots import _style as style
from dlnotes.plots.mosaic import tiles
from dlnotes.widgets._dreams import begin, walk
from dlnotes.widgets._shell import Canvas, Control

CHAINS, STEPS, PICTURES = 10, 300, 100


class DreamingMachine(Canvas):
    """Ten Gibbs chains of a trained machine, seen after any number of steps.

    Above, where each chain is: the probabilities from which its pixels are tossed. Below, the free energy of each chain
    on its way there. The band is where 90 of 100 data lie: a machine that has learnt well dreams there. The page holds
    the machine and tosses the coins itself, so the figure needs no kernel once it is shown.

    Args:
        machine: A trained `RBM`, with one visible unit for each pixel.
        images: Data, to begin from and to compare with: (n, height, width) or (n, height, width, 1), ink in [0, 1].
            The page gets at most 100 of them, spread over all.
        **settings: `steps` (0 to 300, up and down once each), `start` ("noise" or "data"), `temperature` (0.5 to 2: all
            energies are divided by it, so that below 1 the machine is surer than it learnt to be), `seed`.

    Raises:
        TypeError, ValueError: Not a machine, or pictures of another size.

    Notebook: 11_layerwise_pretraining.
    """

    script = "dreaming_machine.js"
    title: ClassVar[str] = "What does the machine dream?"
    caption: ClassVar[str] = (
        "Ten chains, and the free energy of each. Point at a picture to find its curve; take hold of the dashed line."
    )

    def __init__(self, machine: RBM, images: Any, **settings: Any) -> None:
        if not isinstance(machine, RBM):
            raise TypeError(f"DreamingMachine expects an RBM; got {type(machine).__name__}.")
        images = np.asarray(checks.array("DreamingMachine", images, name="images", min_rank=3), np.float32)
        if images.size != len(images) * machine.weight.shape[0]:
            raise ValueError(
                f"DreamingMachine expects images of {machine.weight.shape[0]} pixels, one for each visible unit of the "
                f"machine; got images of shape {images.shape[1:]}."
            )
        self.machine = machine
        self.band = np.percentile(machine.free_energy(jnp.asarray(images.reshape(len(images), -1))), [5, 95])
        spread = np.linspace(0, len(images) - 1, min(len(images), PICTURES)).astype(int)
        self.images = images[spread].reshape(len(spread), *images.shape[1:3])
        self.chains = lru_cache(maxsize=16)(self._chains)
        controls = {
            "steps": Control.slider("Gibbs steps", 0, STEPS, 100),
            "start": Control.select("begin with", ("noise", "data")),
            "temperature": Control.slider("temperature", 0.5, 2.0, 1.0, step=0.05),
            "seed": Control.slider("seed", 0, 20, 0),
        }
        super().__init__(controls, settings)

    def tables(self) -> dict[str, np.ndarray]:
        """The machine, the pictures to begin from, the band of the data."""
        parts = {name: np.asarray(getattr(self.machine, name)) for name in ("weight", "visible_bias", "hidden_bias")}
        return parts | {"images": self.images, "band": self.band}

    def _chains(self, start: str, temperature: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Pictures (step, chain, pixel) as bytes, and free energies (step, chain)."""
        seeds = seed * CHAINS + np.arange(CHAINS)
        images = self.images.reshape(len(self.images), -1).astype(float)
        v = begin(seeds, images.shape[1], images if start == "data" else None)
        return walk(self.machine, v, seeds, temperature=temperature, steps=STEPS)

    def _now(self) -> tuple[np.ndarray, np.ndarray]:
        """The pictures (chain, height, width), ink in [0, 1], and the energies so far (step, chain)."""
        s = self.settings
        pictures, energies = self.chains(s["start"], s["temperature"], s["seed"])
        return pictures[s["steps"]].reshape(CHAINS, *self.images.shape[1:]) / 255, energies[: s["steps"] + 1]

    def numbers(self) -> dict[str, Any]:
        """The free energy of each chain at this step, its share of ink, and the band of the data, in nats."""
        pictures, energies = self._now()
        return {"free_energy": energies[-1], "ink": pictures.mean(axis=(1, 2)), "data": self.band}

    @property
    def alt(self) -> str:
        """The ten chains in words."""
        now = self.settings
        return (
            f"DreamingMachine: ten pictures that Gibbs chains have reached from {now['start']} after {now['steps']} "
            f"steps, at temperature {now['temperature']:.2f}; below, the free energy of each chain at every step, "
            f"beside a band where 90 of 100 data lie."
        )

    def fallback(self) -> bytes:
        """The ten pictures and the curves up to here, as a still picture."""
        steps, (pictures, energies) = self.settings["steps"], self._now()
        figure = style.figure(720, 420)
        top, bottom = figure.subplots(2, 1, height_ratios=(1, 2.2))
        top.imshow(tiles(pictures, CHAINS), cmap="gray_r", vmin=0, vmax=1)
        top.set_axis_off()
        top.set_title(f"ten chains after {steps} step{'s' * (steps != 1)}", loc="left")
        bottom.axhspan(*self.band, color=style.COLORS["sky"], alpha=0.3, linewidth=0)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
        bottom.annotate("90 of 100 data", (1, self.band[1]), (-4, 4), color=style.COLORS["blue"], **place)
        bottom.plot(energies, color=style.MUTED, linewidth=0.9, alpha=0.8)
        bottom.axvline(steps, color=style.COLORS["red"], linestyle="--")
        bottom.set(xlabel="Gibbs steps", ylabel="free energy, nats", xlim=(0, STEPS), ylim=self._heights(energies))
        return style.png(figure, level=9)

    def _heights(self, energies: np.ndarray) -> tuple[float, float]:
        """The band, with the chains after their fall in the first steps; whole bands more, so that little moves."""
        (low, high), width = self.band, max(np.ptp(self.band), 1e-6)
        after = energies[min(5, len(energies) - 1) :]
        below, above = max(low - after.min(), 0), max(after.max() - high, 0)
        return low - width * np.ceil(below / width + 0.2), high + width * np.ceil(above / width + 0.2)
