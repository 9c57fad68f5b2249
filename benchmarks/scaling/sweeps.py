"""What is varied: one size at a time, all others as in the base."""

import dataclasses
from dataclasses import dataclass

from scaling.theory import Setting

MLP = Setting("mlp", width=512, depth=4, batch=256)
GPT = Setting("gpt", width=128, depth=4, batch=2, context=256)
BIG_GPT = Setting("gpt", width=768, depth=12, batch=8, context=1024)  # only compiled
RESNET = Setting("resnet", depth=50, batch=8)  # only compiled


@dataclass(frozen=True)
class Sweep:
    """A base and the values of one of its fields.

    Attributes:
        title: What stands over the table and the picture.
        base: All other sizes.
        field: The field of `Setting` that is moved.
        values: What it is set to, in rising order.
        only_compile: Whether the time to compile is all that is wanted.
    """

    title: str
    base: Setting
    field: str
    values: tuple[int, ...]
    only_compile: bool = False

    @property
    def settings(self) -> list[Setting]:
        """One for each value."""
        return [dataclasses.replace(self.base, **{self.field: value}) for value in self.values]


def compiling(title: str, base: Setting, values: tuple[int, ...], repeated: bool) -> Sweep:
    """The same network at several depths, block by block or as a loop."""
    return Sweep(title, dataclasses.replace(base, repeated=repeated), "depth", values, only_compile=True)


GPT_DEPTHS, RESNET_DEPTHS = (2, 4, 8, 12, 24), (50, 101, 152)
SWEEPS = {
    "width": Sweep("MLP, 4 hidden layers, batch 256", MLP, "width", (128, 256, 512, 1024, 2048)),
    "depth": Sweep("MLP, width 512, batch 256", MLP, "depth", (2, 4, 8, 16, 32)),
    "batch": Sweep("MLP, 4 hidden layers of 512", MLP, "batch", (64, 256, 1024, 4096, 16384)),
    "context": Sweep("GPT, 4 blocks of 128, 2 texts", GPT, "context", (64, 128, 256, 512, 1024, 2048)),
    "devices": Sweep("MLP, 4 × 512, batch 256 shared", MLP, "devices", (1, 2, 4, 8)),
    "gpt, one by one": compiling("GPT 768, context 1,024", BIG_GPT, GPT_DEPTHS, repeated=False),
    "gpt, repeated": compiling("GPT 768, context 1,024", BIG_GPT, GPT_DEPTHS, repeated=True),
    "resnet, one by one": compiling("ResNet, 224 × 224", RESNET, RESNET_DEPTHS, repeated=False),
    "resnet, repeated": compiling("ResNet, 224 × 224", RESNET, RESNET_DEPTHS, repeated=True),
}
