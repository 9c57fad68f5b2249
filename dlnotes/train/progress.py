"""A tqdm bar for training: the epoch, the loss, examples a second, the time left."""

from typing import Any


class Bar:
    """A bar over all examples of all epochs, right in a notebook and in a terminal.

    Attributes:
        view: In a notebook the widget to be shown, otherwise `None`: the bar has written itself to stderr.
    """

    def __init__(self, epochs: int, examples: int, done: int, *, notebook: bool) -> None:
        """Begin at `done` epochs of `epochs`, each of `examples`."""
        self._epochs = epochs
        options: dict[str, Any] = {
            "total": epochs * examples, "initial": done * examples, "unit": " examples", "unit_scale": True,
            "dynamic_ncols": True,
        }  # fmt: skip
        if notebook:
            from tqdm.notebook import tqdm

            self._bar = tqdm(**options, display=False)
            self.view = self._bar.container
        else:
            from tqdm.auto import tqdm

            self._bar = tqdm(**options)
            self.view = None
        self.epoch(done)

    def epoch(self, done: int) -> None:
        """Say which epoch is running after `done` are over."""
        self._bar.set_description(f"epoch {min(done + 1, self._epochs)} of {self._epochs}", refresh=False)

    def forward(self, examples: int) -> None:
        """Move on by so many examples."""
        self._bar.update(examples)

    def say(self, numbers: dict[str, float]) -> None:
        """Show the losses of the epoch that is over."""
        shown = {name: value for name, value in numbers.items() if name in ("loss", "validation_loss")}
        self._bar.set_postfix({name.replace("_", " "): f"{value:.3g}" for name, value in shown.items()}, refresh=False)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.refresh()
        self._bar.close()
