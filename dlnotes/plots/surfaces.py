"""Five landscapes with two parameters, on which the walk of an optimizer can be seen.

Each is a formula with known lowest points, a window that shows what is special about it, and a start from which the
optimizers disagree. `height` works on one point or on arrays of any shape, under jit, grad and vmap.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks


class Surface(NamedTuple):
    """A landscape to walk on.

    Attributes:
        name: What it is called.
        formula: Its height in LaTeX.
        height: The function (x, y) -> height; numbers or arrays.
        minima: The lowest points, as (x, y).
        lowest: The height there.
        start: A good place to begin.
        window: The part worth drawing: (x from, x to, y from, y to).
        learning_rate: A rate at which most optimizers arrive.
        about: One or two sentences: what to look at.

    Notebook: 07_optimizers.
    """

    name: str
    formula: str
    height: Callable[[Any, Any], Any]
    minima: tuple[tuple[float, float], ...]
    lowest: float
    start: tuple[float, float]
    window: tuple[float, float, float, float]
    learning_rate: float
    about: str


def bowl(x, y):
    """A round bowl: `(x² + y²) / 2`. Every direction is equally steep, so plain gradient descent goes straight in."""
    return 0.5 * (x**2 + y**2)


def ravine(x, y):
    """A long narrow valley: `(x² + 25 y²) / 2`, 25 times more curved across than along."""
    return 0.5 * (x**2 + 25.0 * y**2)


def rosenbrock(x, y):
    """Rosenbrock's banana valley (1960): `(1 - x)² + 100 (y - x²)²`."""
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def saddle(x, y):
    """A pass between two valleys: `x²/2 - y²/2 + y⁴/4`; the gradient is nought at (0, 0), which is no minimum."""
    return 0.5 * x**2 - 0.5 * y**2 + 0.25 * y**4


def beale(x, y):
    """Beale's function (1958): wide plains, and cliffs at the corners."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


SURFACES: dict[str, Surface] = {
    surface.name: surface
    for surface in (
        Surface(
            name="bowl",
            formula=r"\frac{1}{2}(x^2 + y^2)",
            height=bowl,
            minima=((0.0, 0.0),),
            lowest=0.0,
            start=(-2.4, 1.6),
            window=(-3.0, 3.0, -2.25, 2.25),
            learning_rate=0.1,
            about="Equally steep in every direction: plain gradient descent goes straight in, and momentum circles.",
        ),
        Surface(
            name="ravine",
            formula=r"\frac{1}{2}(x^2 + 25\,y^2)",
            height=ravine,
            minima=((0.0, 0.0),),
            lowest=0.0,
            start=(-2.6, 1.4),
            window=(-3.2, 3.2, -2.4, 2.4),
            learning_rate=0.02,
            about="25 times more curved across than along: the steep direction limits the rate, the flat one waits.",
        ),
        Surface(
            name="Rosenbrock",
            formula=r"(1 - x)^2 + 100\,(y - x^2)^2",
            height=rosenbrock,
            minima=((1.0, 1.0),),
            lowest=0.0,
            start=(-1.2, 1.0),
            window=(-2.0, 2.0, -0.75, 2.25),
            learning_rate=0.001,
            about="Down into the bent valley is quick; along its almost flat floor to (1, 1) is the hard part.",
        ),
        Surface(
            name="saddle",
            formula=r"\frac{x^2}{2} - \frac{y^2}{2} + \frac{y^4}{4}",
            height=saddle,
            minima=((0.0, -1.0), (0.0, 1.0)),
            lowest=-0.25,
            start=(-2.0, 0.001),
            window=(-2.4, 2.4, -1.8, 1.8),
            learning_rate=0.05,
            about="The walk starts almost on the ridge, where the slope points at the pass (0, 0). Who leaves first?",
        ),
        Surface(
            name="Beale",
            formula=r"(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
            height=beale,
            minima=((3.0, 0.5),),
            lowest=0.0,
            start=(0.5, 1.2),
            window=(-1.0, 4.5, -2.0625, 2.0625),
            learning_rate=0.01,
            about="A steep start, then a wide flat plain: a rate that is safe for the one crawls on the other.",
        ),
    )
}


def get(name: str) -> Surface:
    """The surface called `name`.

    Raises:
        ValueError: An unknown name; the message lists the known ones.

    Example:
        >>> get("ravine").minima
        ((0.0, 0.0),)

    Notebook: 07_optimizers.
    """
    return SURFACES[checks.choice("surfaces.get", "name", name, tuple(SURFACES))]


def grid(surface: Surface, columns: int = 160, rows: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The heights over the surface's window: `x` (columns,), `y` (rows,) and `z` (rows, columns), all float32.

    Example:
        >>> x, y, z = grid(get("bowl"), columns=3, rows=3)
        >>> z.shape, float(z[1, 1])
        ((3, 3), 0.0)

    Notebook: 07_optimizers.
    """
    checks.integer("surfaces.grid", "columns", columns, at_least=2)
    checks.integer("surfaces.grid", "rows", rows, at_least=2)
    left, right, bottom, top = surface.window
    x = np.linspace(left, right, columns, dtype=np.float32)
    y = np.linspace(bottom, top, rows, dtype=np.float32)
    z = np.asarray(surface.height(x[None, :], y[:, None]), np.float32)
    return x, y, z


@functools.cache
def curvatures(surface: Surface) -> tuple[float, float]:
    """The eigenvalues of the Hessian at the lowest point, smallest first: how curved the ground is, along and across.

    For the bowl and the ravine they are the same everywhere; for the others they hold near that minimum.

    Example:
        >>> [round(c, 3) for c in curvatures(get("ravine"))]
        [1.0, 25.0]

    Notebook: 07_optimizers.
    """
    point = jnp.asarray(surface.minima[0], jnp.float32)
    hessian = jax.jit(jax.hessian(lambda p: surface.height(p[0], p[1])))(point)
    low, high = np.linalg.eigvalsh(np.asarray(hessian, np.float64))
    return float(low), float(high)
