"""The published pages in a real browser: no kernel, no network beyond the one server of files."""

import functools
import http.server
import pathlib
import threading

import pytest

SITE = pathlib.Path(__file__).resolve().parents[2] / "build" / "site"
PAGES = sorted(SITE.glob("[0-9]*.html"))
LIVE = [
    path
    for path in PAGES
    if 'class="dl-figure"' in path.read_text("utf8") and "application/json" in path.read_text("utf8")
]
NOTE = ".dl-note-python"
SETTLED = f"() => [...document.querySelectorAll('figure:has(script)')].every(f => f.querySelector('canvas, {NOTE}'))"
OWN = ("http://127.0.0.1:", "blob:", "data:")


@pytest.fixture(scope="module")
def address():
    """Where the built site is served from."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_): ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(chromium, address):
    """`visit(name)` opens a page; in the end nothing may have gone wrong or been asked of the network."""
    pages, trouble = [], []

    def visit(name: str, **options):
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, **options)
        pages.append(page)
        page.on("pageerror", lambda error: trouble.append(f"{name}: {error}"))
        page.on("console", lambda said: trouble.append(f"{name}: {said.text}") if said.type == "error" else None)
        page.on("request", lambda asked: trouble.append(asked.url) if not asked.url.startswith(OWN) else None)
        page.goto(f"{address}/{name}")
        return page

    yield visit
    for page in pages:
        page.close()
    assert not trouble


def test_the_site_is_built():
    assert (SITE / "index.html").exists(), "make site"
    assert LIVE


def test_a_slider_moves_the_picture_without_a_kernel(visit):
    """On every page with live figures; one that has to ask Python says so instead."""
    look = (
        "e => [e.dataset.settings, e.dataset.numbers, [...e.querySelectorAll('canvas')].map(c => c.toDataURL()).join()]"
    )
    alive = set()
    for path in LIVE:
        page = visit(path.name)
        page.wait_for_function(SETTLED)
        for figure in page.locator("figure:has(.dlnotes[data-drawn])").all():
            slider, drawing = figure.locator('input[type="range"]:enabled:visible').first, figure.locator(".dlnotes")
            if not slider.count():
                continue
            before = drawing.evaluate(look)
            slider.focus()
            key = slider.evaluate("e => (+e.value < +e.max ? 'ArrowRight' : 'ArrowLeft')")
            for _ in range(3):
                page.keyboard.press(key)
            page.wait_for_function(
                f"([f, was]) => f.querySelector('{NOTE}') || f.querySelector('.dlnotes').dataset.numbers !== was",
                arg=[figure.element_handle(), before[1]],
            )
            if not figure.locator(NOTE).count():
                assert all(new != old for new, old in zip(drawing.evaluate(look), before, strict=True)), path.name
                alive.add(path)
    assert len(alive) >= min(2, len(LIVE))


def test_a_figure_that_needs_python_says_so_and_keeps_its_picture(visit):
    """Every figure is either alive or a picture with words; none is empty."""
    for path in PAGES:
        page = visit(path.name)
        page.wait_for_function("() => document.readyState === 'complete'")
        for figure in page.locator("figure.dl-figure").all():
            figure.locator("img, .dlnotes[data-drawn]").first.wait_for()
            picture = figure.locator("img")
            if picture.count():
                assert len(picture.get_attribute("alt")) > 10


def test_light_and_dark_reach_the_figures(visit):
    paper = "e => [...e.querySelector('canvas').getContext('2d').getImageData(1, 1, 1, 1).data.slice(0, 3)]"
    shades = []
    for scheme in ("light", "dark"):
        figure = visit(LIVE[0].name, color_scheme=scheme).locator(".dlnotes[data-drawn]").first
        figure.wait_for()
        shades.append(sum(figure.evaluate(paper)))
    assert shades[0] > 600 > 150 > shades[1]


def test_search_finds_a_page(visit):
    page = visit("index.html")
    page.locator('input[name="q"]').first.fill("network")
    page.keyboard.press("Enter")
    page.locator("ul.search li a").first.wait_for()


def test_previous_and_next_lead_through_the_chapters(visit):
    page = visit("index.html")
    for path in PAGES:
        page.locator("a.next-page").click()
        page.wait_for_url(f"**/{path.name}")
    assert page.locator("a.prev-page").count() == 1
