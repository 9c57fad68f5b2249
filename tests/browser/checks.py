"""What every live figure must do in a browser: functions that raise AssertionError and say what is wrong.

A figure's root element says what it shows: `data-settings`, `data-numbers` (those the picture was drawn from),
`data-drawn` (how often), `aria-busy` (waiting for Python). The truth is a fresh widget in the test's own process, given
the same settings.
"""

import io
import json
import math
import reprlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import driver
import numpy as np
from PIL import Image

from dlnotes.widgets._shell import Picture, Shell

PATIENCE = 60.0  # seconds for the right picture; a busy machine and a first compilation fit in
FOCUSABLE = "input:enabled, select:enabled, button:enabled, canvas[tabindex='0']"


class Figure:
    """One live figure on a notebook's page."""

    def __init__(self, notebook: driver.Notebook, name: str) -> None:
        self.notebook, self.page, self.name = notebook, notebook.page, name
        self.root = notebook.page.locator(f'.dlnotes[data-name="{name}"]').first

    def _data(self, name: str) -> Any:
        return json.loads(self.root.get_attribute(f"data-{name}") or "null")

    @property
    def settings(self) -> dict[str, Any]:
        return self._data("settings")

    @property
    def numbers(self) -> dict[str, Any]:
        return self._data("numbers")

    @property
    def drawn(self) -> int:
        return self._data("drawn")

    def input(self, name: str) -> Any:
        """The input, select or checkbox of a control."""
        return self.root.locator(f'[name="{name}"]')

    def canvas(self, index: int) -> Any:
        return self.root.locator('canvas[role="img"]').nth(index)

    def look(self) -> str:
        """What all its pictures look like, as one short string: other pixels, another string."""
        return self.root.evaluate(
            """async (root) => {
                const parts = [...root.querySelectorAll('canvas')].map((c) => c.toDataURL());
                for (const img of root.querySelectorAll('img')) {
                    const bytes = new Uint8Array(await (await fetch(img.src)).arrayBuffer());
                    parts.push(bytes.join());
                }
                const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(parts.join('|')));
                return [...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, '0')).join('');
            }"""
        )

    def settle(self) -> None:
        """Wait until nothing is being drawn or asked for."""
        self.root.evaluate(
            """async (root) => {
                const frame = () => new Promise(requestAnimationFrame);
                const end = performance.now() + 60000;
                for (let quiet = 0, last = -1; quiet < 3 && performance.now() < end; ) {
                    await frame();
                    const now = root.dataset.drawn, busy = root.getAttribute('aria-busy') === 'true';
                    quiet = now === last && !busy ? quiet + 1 : 0;
                    last = now;
                }
            }"""
        )


# ------------------------------------------------------------------------------------------------------- it is there


def is_shown(figure: Figure) -> None:
    """It has drawn something, and reports no trouble."""
    figure.root.wait_for(timeout=1000 * PATIENCE)
    figure.root.scroll_into_view_if_needed()
    figure.settle()
    has_no_trouble(figure)
    empty = figure.root.evaluate(
        """async (root) => {
            const pictures = [...root.querySelectorAll('canvas[role="img"], img')].filter((e) => e.offsetParent);
            if (!pictures.length) return 'there is no picture';
            for (const e of pictures) {
                const copy = document.createElement('canvas');
                copy.width = e.naturalWidth || e.width; copy.height = e.naturalHeight || e.height;
                if (!copy.width || !copy.height) return 'a picture has no size';
                const c = copy.getContext('2d');
                c.drawImage(e, 0, 0);
                const pixels = new Uint32Array(c.getImageData(0, 0, copy.width, copy.height).data.buffer);
                if (new Set(pixels).size < 3) return 'a picture is empty';
            }
            return '';
        }"""
    )
    assert not empty, f"{figure.name}: {empty}"
    assert figure.numbers, f"{figure.name} does not say which numbers it shows"


def has_no_trouble(figure: Figure) -> None:
    """No message of failure in the figure, nothing in the browser's console."""
    said = [text for text in figure.root.locator(".dl-error").all_inner_texts() if text.strip()]
    assert not said, f"{figure.name} says: {said}"
    assert not figure.notebook.trouble, f"{figure.name}: the console says {figure.notebook.trouble}"


# ---------------------------------------------------------------------------------------------- it shows what is right


def shows_the_truth(
    figure: Figure,
    make: Callable[[], Shell],
    truth: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    *,
    patience: float = PATIENCE,
) -> None:
    """Its numbers, and the pixels of a picture drawn by Python, are those of a fresh widget with the same settings.

    Args:
        figure: What the page shows.
        make: Makes a fresh widget.
        truth: From the widget's `numbers()` to names that the page uses too.
        patience: How many seconds it may take.
    """
    end, wrong, known = time.monotonic() + patience, ["nothing was compared"], None
    while wrong and time.monotonic() < end:
        figure.settle()
        settings, numbers = figure.settings, figure.numbers
        if known is None or known[0] != settings:
            fresh = make()
            fresh.settings = settings
            known = settings, fresh, truth(fresh.numbers())
        _, fresh, expected = known
        shared = {name: value for name, value in expected.items() if name in numbers}
        assert shared, f"{figure.name}: page and Python have no number in common: {list(numbers)}, {list(expected)}"
        wrong = differences({name: numbers[name] for name in shared}, shared)
        if not wrong and isinstance(fresh, Picture):
            wrong = _other_pixels(driver.picture_bytes(figure.page, figure.root.locator("img").first), fresh.fallback())
        has_no_trouble(figure)
        if wrong:
            time.sleep(0.1)
    assert not wrong, f"{figure.name} at {brief(figure.settings)} shows something else than Python: {wrong[:5]}"


def brief(settings: dict[str, Any]) -> str:
    """Settings in a line."""
    return ", ".join(f"{name}={reprlib.repr(value)}" for name, value in settings.items())


def differences(page: Any, python: Any, where: str = "") -> list[str]:
    """Where two nests of numbers differ by more than 1e-4 of the larger (1e-5 near 0); null is NaN or infinite."""
    if isinstance(python, Mapping):
        if not isinstance(page, Mapping) or set(page) != set(map(str, python)):
            return [f"{where}: {page!r} against {python!r}"]
        return [d for name, value in python.items() for d in differences(page[str(name)], value, f"{where}.{name}")]
    if isinstance(python, (list, tuple, np.ndarray)):
        if not isinstance(page, list) or len(page) != len(python):
            return [f"{where}: {page!r} against {python!r}"]
        return [d for i, value in enumerate(python) for d in differences(page[i], value, f"{where}[{i}]")]
    if isinstance(python, (bool, str)) or python is None or isinstance(page, (bool, str)):
        return [] if page == python else [f"{where}: {page!r} against {python!r}"]
    if page is None or not math.isfinite(python):
        return [] if page is None and not math.isfinite(python) else [f"{where}: {page!r} against {python!r}"]
    return [] if math.isclose(page, python, rel_tol=1e-4, abs_tol=1e-5) else [f"{where}: {page!r} against {python!r}"]


def _other_pixels(shown: bytes, drawn: bytes) -> list[str]:
    ours, theirs = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (shown, drawn))
    if ours.shape != theirs.shape:
        return [f"the picture has the shape {ours.shape}, Python's {theirs.shape}"]
    return (
        [] if np.array_equal(ours, theirs) else [f"{int((ours != theirs).any(-1).sum())} pixels differ from Python's"]
    )


# ----------------------------------------------------------------------------------------------------- it can be moved


def moves(
    figure: Figure, act: Callable[[], None], expect: Callable[[dict[str, Any]], bool], what: str, *, still: bool = False
) -> None:
    """After `act` the settings are as expected, it has drawn again, and the pixels are others (unless `still`)."""
    figure.settle()
    drawn, look, before = figure.drawn, figure.look(), figure.settings
    act()
    end = time.monotonic() + PATIENCE / 4
    while not expect(figure.settings) and time.monotonic() < end:
        time.sleep(0.05)
    assert expect(figure.settings), (
        f"{figure.name}: after {what}, settings went from {brief(before)} to {brief(figure.settings)}"
    )
    assert figure.drawn > drawn, f"{figure.name}: after {what}, nothing was drawn"
    figure.settle()
    while not still and figure.look() == look and time.monotonic() < end:
        time.sleep(0.1)
    assert still or figure.look() != look, f"{figure.name}: after {what}, the picture is the same as before"
    has_no_trouble(figure)


def control_moves(figure: Figure, widget: Shell, name: str, *, still: bool = False) -> None:
    """A control does what is asked of it, first by mouse, then by keyboard."""
    control, box = widget.controls[name], figure.input(name)
    box.scroll_into_view_if_needed()
    if control.kind == "slider":
        now = _position(control, figure.settings[name])
        to = 0.7 if now < 0.5 else 0.3
        if not control.log and (control.maximum - control.minimum) / control.step < 8:
            to = 1.0 if now < 0.5 else 0.0
        was = figure.settings[name]
        moves(
            figure,
            lambda: _drag_slider(figure, box, now, to),
            lambda s: s[name] != was and abs(_position(control, s[name]) - to) < 0.12,
            f"a drag of {name}",
            still=still,
        )
        before = figure.settings[name]
        up = _position(control, before) < 1
        wanted = _beside(control, before, 1 if up else -1)
        moves(
            figure,
            lambda: _press(figure, box, "ArrowRight" if up else "ArrowLeft"),
            lambda s: _same_place(control, s[name], wanted),
            f"an arrow key on {name}, from {before}, {wanted} expected",
            still=still,
        )
        return
    if control.kind == "toggle":
        for act, what in ((box.click, "a click"), (lambda: _press(figure, box, "Space"), "the space bar")):
            wanted = not figure.settings[name]
            moves(figure, act, lambda s, w=wanted: s[name] is w, f"{what} on {name}", still=still)
        return
    options = list(control.options)
    other = options[1] if figure.settings[name] == options[0] else options[0]
    moves(figure, lambda: box.select_option(other), lambda s: s[name] == other, f"choosing {other}", still=still)
    at = options.index(other)
    following = options[at + 1] if at + 1 < len(options) else options[at - 1]
    key = "ArrowDown" if at + 1 < len(options) else "ArrowUp"
    moves(
        figure, lambda: _press(figure, box, key), lambda s: s[name] == following, f"an arrow key on {name}", still=still
    )


def sweep(figure: Figure, widget: Shell, name: str) -> None:
    """A slider goes through its positions without trouble: all where the page draws, some where Python must."""
    if widget.controls[name].kind != "slider":
        return
    asks = figure.root.get_attribute("aria-busy") is not None
    figure.input(name).evaluate(
        """async (input, most) => {
            const root = input.closest('.dlnotes'), count = +input.max - +input.min;
            const stride = Math.max(1, count / most), frame = () => new Promise(requestAnimationFrame);
            for (let p = 0; p <= count + 1e-9; p += stride) {
                input.value = +input.min + Math.round(p);
                input.dispatchEvent(new Event('input', { bubbles: true }));
                await frame();
                for (let wait = 0; root.getAttribute('aria-busy') === 'true' && wait < 1200; wait++) await frame();
            }
        }""",
        5 if asks else 110,
    )
    figure.settle()
    has_no_trouble(figure)


def never_queues(figure: Figure, widget: Shell, name: str) -> None:
    """After 40 positions, one each frame of the screen, only the pictures under way and the last one still come."""
    if widget.controls[name].kind != "slider":
        return
    late = figure.input(name).evaluate(
        """async (input) => {
            const root = input.closest('.dlnotes'), frame = () => new Promise(requestAnimationFrame);
            let shown = root.dataset.numbers, late = 0, over = false;
            const eye = new MutationObserver(() => {
                if (over && root.dataset.numbers !== shown) late++;
                shown = root.dataset.numbers;
            });
            eye.observe(root, { attributes: true, attributeFilter: ['data-numbers'] });
            for (let i = 1; i <= 40; i++) {
                input.value = +input.min + Math.round(((+input.max - +input.min) * (i % 40 || 20)) / 40);
                input.dispatchEvent(new Event('input', { bubbles: true }));
                await frame();
            }
            over = true;
            for (let i = 0, quiet = 0; i < 3600 && quiet < 6; i++) {
                await frame();
                quiet = root.getAttribute('aria-busy') === 'true' ? 0 : quiet + 1;
            }
            eye.disconnect();
            return late;
        }"""
    )
    # One drawn by the page at once, one that Python had begun, one for the last position.
    assert late <= 3, f"{figure.name}: {late} pictures came after a drag of {name} had ended"
    figure.settle()
    has_no_trouble(figure)


def drag(figure: Figure, index: int, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Take hold of something on a canvas with the mouse; both places in the canvas's own CSS pixels."""
    canvas, mouse = figure.canvas(index), figure.page.mouse
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    scale = canvas.evaluate("c => c.getBoundingClientRect().width / (c.width / Math.max(1, devicePixelRatio))")
    places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in (start, end)]
    mouse.move(*places[0])
    mouse.down()
    mouse.move(*places[1], steps=6)
    mouse.up()


def press(figure: Figure, index: int, keys: tuple[str, ...]) -> None:
    """Give a canvas the focus and press keys."""
    figure.canvas(index).focus()
    for key in keys:
        figure.page.keyboard.press(key)


def _press(figure: Figure, box: Any, key: str) -> None:
    box.focus()
    figure.page.keyboard.press(key)


def _drag_slider(figure: Figure, box: Any, now: float, to: float) -> None:
    place, mouse = box.bounding_box(), figure.page.mouse
    thumb = 16
    xs = [place["x"] + thumb / 2 + share * (place["width"] - thumb) for share in (now, to)]
    y = place["y"] + place["height"] / 2
    mouse.move(xs[0], y)
    mouse.down()
    mouse.move(xs[1], y, steps=8)
    mouse.up()


def _position(control: Any, value: float) -> float:
    """Where on its track a slider stands, 0 to 1."""
    low, high = control.minimum, control.maximum
    if control.log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _same_place(control: Any, one: float, other: float) -> bool:
    """Whether two values stand on the same place of a slider's grid."""
    grain = 0.01 if control.log else control.step / (control.maximum - control.minimum)
    return abs(_position(control, one) - _position(control, other)) < 0.4 * grain


def _beside(control: Any, value: float, by: int) -> float:
    """The next value on the slider's grid."""
    if control.log:
        place = round(_position(control, value) * 100) + by
        return control.minimum * (control.maximum / control.minimum) ** (place / 100)
    steps = round((value - control.minimum) / control.step) + by
    return min(control.maximum, control.minimum + steps * control.step)


# --------------------------------------------------------------------------------------- everybody can use it, anywhere


def has_names(figure: Figure) -> None:
    """Every input, select, button, canvas and image has a name that a screen reader can say."""
    nameless = figure.root.evaluate(
        """(root) => [...root.querySelectorAll('input, select, button, canvas, img')]
            .filter((e) => e.getAttribute('aria-hidden') !== 'true')
            .filter((e) => ![e.getAttribute('aria-label'), e.alt, e.tagName === 'BUTTON' && e.textContent,
                             e.closest('label')?.querySelector('span')?.textContent].some((t) => t && t.trim()))
            .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert not nameless, f"{figure.name}: no name for {nameless}"


def is_reached_by_tab(figure: Figure) -> None:
    """The Tab key goes through every control, in the order of the page."""
    wanted = figure.root.evaluate(
        f"""(root) => {{
            const all = [...root.querySelectorAll("{FOCUSABLE}")].filter((e) => e.offsetParent);
            all.forEach((e, i) => (e.dataset.tabTest = i));
            all[0]?.focus();
            return all.length;
        }}"""
    )
    seen = []
    for _ in range(wanted):
        seen.append(figure.page.evaluate("() => document.activeElement.dataset.tabTest"))
        figure.page.keyboard.press("Tab")
    assert seen == [str(i) for i in range(wanted)], f"{figure.name}: Tab went through {seen} of {wanted} controls"


def is_legible(figure: Figure) -> None:
    """Text stands out from what lies behind it by 4.5 to 1 or more (WCAG 2.1, AA)."""
    colours = figure.root.evaluate(
        """(root) => {
            const css = getComputedStyle(root), show = document.createElement('canvas').getContext('2d');
            const rgb = (text) => { show.fillStyle = '#000'; show.fillStyle = text; show.fillRect(0, 0, 1, 1);
                                    return [...show.getImageData(0, 0, 1, 1).data.slice(0, 3)]; };
            const canvas = root.querySelector('canvas[role="img"]');
            const page = rgb(getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor);
            const paper = canvas ? [...canvas.getContext('2d').getImageData(1, 1, 1, 1).data.slice(0, 3)] : page;
            const names = ['--dl-text', '--dl-muted', '--dl-red'];
            return { paper, page, inks: names.map((name) => [name, rgb(css.getPropertyValue(name).trim())]) };
        }"""
    )
    for name, ink in colours["inks"]:
        for behind in ("paper", "page"):
            ratio = contrast(ink, colours[behind])
            assert ratio >= 4.5, f"{figure.name}: {name} {ink} on the {behind} {colours[behind]} has {ratio:.1f} : 1"


def contrast(one: list[int], other: list[int]) -> float:
    """The contrast ratio of two colours (WCAG 2.1), 1 to 21."""

    def luminance(rgb: list[int]) -> float:
        parts = [c / 255 for c in rgb]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def fits(figure: Figure) -> None:
    """Nothing sticks out of the notebook's column at the right, and no control out of its place among the others."""
    wide = figure.root.evaluate(
        """(root) => {
            const edge = root.closest('.jp-OutputArea-output').getBoundingClientRect().right + 1;
            const place = (e) => (e.matches('.dl-value') ? e.closest('.dl-group, .dl-row, .dlnotes') : null);
            const right = (e) => Math.min(edge, place(e) ? place(e).getBoundingClientRect().right + 1 : edge);
            return [...root.querySelectorAll('*')].filter((e) => e.offsetParent)
                .filter((e) => e.getBoundingClientRect().right > right(e))
                .map((e) => `${e.tagName}.${e.className} by ${Math.round(e.getBoundingClientRect().right - edge)} px`);
        }"""
    )
    assert not wide, f"{figure.name}: too wide: {wide[:6]}"
