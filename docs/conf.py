"""The published pages: Sphinx, myst-nb and the theme furo. Built by `make site`, without the network."""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

project = "dlnotes"
html_title = "dlnotes"
html_show_copyright = False

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the notebooks come executed
nb_merge_streams = True
nb_code_prompt_show = nb_code_prompt_hide = "Set-up"  # the only cell that is folded away
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["pages.css"]
html_js_files = [("live.js", {"defer": "defer"})]
html_copy_source = html_show_sourcelink = html_use_index = False
html_math_renderer = "mathml"  # drawn by the browser itself: no script, no fonts from elsewhere


def _mathml(latex: str, display: str) -> str:
    """A formula as MathML; a warning, which stops the build, where something is not understood."""
    made = convert(latex.replace("{aligned}", "{align*}"), display=display)
    if unknown := re.findall(r"<mi>(&|\\\w*)</mi>", made):
        logging.getLogger(__name__).warning("cannot draw %s in the formula %s", ", ".join(unknown), latex)
    return made


def _inline(writer, node: nodes.math) -> None:
    writer.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(writer, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="math">{_mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app) -> None:
    """Formulas become MathML."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
