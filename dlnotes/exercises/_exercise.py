"""What an exercise is, and what `check`, `hint` and `solution` answer.

An exercise is data and one test. The test receives the learner's answer and either returns (the answer is right), or
raises `NotYet` (it is not, and this is why) or `NotAttempted` (the stub still stands). `judge` turns each of these, and
anything else that goes wrong, into a `Result`: a learner's mistake never raises, so "Run All" passes over it.

Notebook: 00_start_here, section "How the exercises work".
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CORRECT, NOT_YET, NOT_ATTEMPTED, UNKNOWN = "correct", "not yet", "not attempted yet", "unknown exercise"

# A line at the left, of a style as well as a colour, so that the verdict can be told without seeing colours.
_BORDERS = {CORRECT: "double #009E73", NOT_YET: "solid #D55E00", NOT_ATTEMPTED: "dotted #777", UNKNOWN: "dotted #777"}


class NotAttempted(Exception):
    """The stub still stands, wholly or in part; the message says where."""


class NotYet(Exception):
    """The answer is not right yet.

    Args:
        message: One or two sentences: what the answer gives, what was expected, what the mistake may be.
        table: Lines to print under the message: a counterexample.
        picture: Called without arguments when the result is shown; returns the PNG of a drawn counterexample.
    """

    def __init__(self, message: str, table: str = "", picture: Callable[[], bytes] | None = None):
        super().__init__(message)
        self.message, self.table, self.picture = message, table, picture


@dataclass(frozen=True)
class Exercise:
    """One exercise: the text the notebook shows, and the test of the answer.

    Attributes:
        id: Chapter and number, such as "03.2".
        title: A few words.
        question: The exercise text, in Markdown.
        stub: The code cell the learner completes; every gap is `...`.
        answer: The name in `stub` whose value is checked.
        test: Takes the answer; returns None if it is right, raises `NotYet` or `NotAttempted` otherwise.
        hints: From a nudge to nearly the answer.
        solution: Source code that replaces the stub and passes.
        meaning: One sentence said when the answer is right: what it means.
    """

    id: str
    title: str
    question: str
    stub: str
    answer: str
    test: Callable[[Any], None] = field(repr=False)
    hints: tuple[str, ...] = field(repr=False)
    solution: str = field(repr=False)
    meaning: str = field(repr=False)

    @property
    def markdown(self) -> str:
        """The text cell of the notebook."""
        return f"**Exercise {self.id}: {self.title}**\n\n{self.question}"

    @property
    def cell(self) -> str:
        """The code cell of the notebook: the stub, then the check."""
        return f'{self.stub}\n\ncheck("{self.id}", {self.answer})'


@dataclass(frozen=True)
class Result:
    """The answer to `check`: a verdict in words, and sometimes a counterexample.

    Attributes:
        id: The exercise.
        status: "correct", "not yet", "not attempted yet" or "unknown exercise".
        message: What was found.
        table: Lines of a printed counterexample, or "".
        picture: Draws the counterexample as PNG, or None.
    """

    id: str
    status: str
    message: str
    table: str = ""
    picture: Callable[[], bytes] | None = field(default=None, repr=False)

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.status == CORRECT

    def __repr__(self) -> str:
        stop = "." if self.status == CORRECT else ":"
        return f"{self.id} {self.status}{stop} {self.message}" + (f"\n{self.table}" if self.table else "")

    def _repr_html_(self) -> str:
        stop = "." if self.status == CORRECT else ":"
        table = f'<pre style="margin:6px 0 0; background:transparent">{html.escape(self.table)}</pre>'
        return (
            f'<div style="border-left:4px {_BORDERS[self.status]}; padding:4px 12px; max-width:720px">'
            f"<b>{html.escape(self.id)} {self.status}{stop}</b> "
            f"{_code(self.message)}{table if self.table else ''}</div>"
        )

    def _repr_png_(self) -> bytes | None:
        return self.picture() if self.picture else None

    def _ipython_display_(self) -> None:
        # Two outputs: a front end shows only the richest form of one output, and both words and picture are wanted.
        from IPython.display import display

        display({"text/plain": repr(self), "text/html": self._repr_html_()}, raw=True)
        if self.picture:
            alternative = f"{self.id}: a drawing of what the answer gives beside what is expected"
            display({"text/plain": alternative, "image/png": self.picture()}, raw=True)


@dataclass(frozen=True)
class Note:
    """A hint or a solution, shown as text and, in a notebook, as Markdown."""

    text: str
    markdown: str = field(repr=False)

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.markdown


def judge(exercise: Exercise, answer: Any) -> Result:
    """Run the exercise's test on `answer` and say what came of it; never raises for a learner's mistake."""
    try:
        if answer is None or answer is ...:
            raise NotAttempted
        exercise.test(answer)
    except NotAttempted as stub:
        replace = f"{stub} Replace" if str(stub) else "replace"
        message = f'{replace} the `...` in the cell above and run it again. `hint("{exercise.id}")` gives a start.'
        return Result(exercise.id, NOT_ATTEMPTED, message)
    except NotYet as found:
        return Result(exercise.id, NOT_YET, found.message, found.table, found.picture)
    except Exception as error:  # an answer of a kind that nobody thought of
        message = f"your `{exercise.answer}` is not of the kind asked for ({type(error).__name__}: {error})."
        return Result(exercise.id, NOT_YET, message)
    return Result(exercise.id, CORRECT, exercise.meaning)


def _code(text: str) -> str:
    """Escape for HTML, with `back-ticked` words as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
