"""Every exercise in all three directions: the stub, each typical wrong answer with its own message, the solution."""

import math
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from wrong_answers import WRONG

import dlnotes.exercises as exercises
from dlnotes.exercises import EXERCISES, check, hint, solution


@pytest.fixture(autouse=True)
def _as_in_a_notebook():
    """Learners do not know strict dtype promotion; their notebooks do not have it."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def run(code: str, name: str):
    scope = {"jax": jax, "jnp": jnp, "np": np, "math": math}
    exec(compile(code, f"<learner {name}>", "exec"), scope)
    return scope[name]


def test_the_table_has_every_exercise():
    assert set(WRONG) == set(EXERCISES)
    chapters = {path.stem[-2:] for path in pathlib.Path(exercises.__file__).parent.glob("chapter_*.py")}
    assert {id[:2] for id in EXERCISES} == chapters
    assert len(chapters) >= 8
    for chapter in chapters:
        assert sum(id.startswith(f"{chapter}.") for id in EXERCISES) >= 3


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_stub(exercise):
    for answer in (run(exercise.stub, exercise.answer), ..., None):
        result = check(exercise.id, answer)
        assert result.status == "not attempted yet", result
        assert repr(result).startswith(f"{exercise.id} not attempted yet: ")
        assert exercise.id in result.message  # where the hint is
    assert check(exercise.id).status == "not attempted yet"


@pytest.mark.parametrize(
    ("id", "code", "fragment"),
    [(id, code, fragment) for id, cases in WRONG.items() for code, fragment in cases],
    ids=[f"{id}-{i}" for id, cases in WRONG.items() for i in range(len(cases))],
)
def test_wrong_answer(id, code, fragment):
    result = check(id, run(code, EXERCISES[id].answer))
    assert result.status == "not yet", result
    assert fragment in repr(result), repr(result)
    if result.picture:
        picture = result.picture()
        assert picture.startswith(b"\x89PNG")
        assert picture == result.picture()


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_solution(exercise):
    result = check(exercise.id, run(exercise.solution, exercise.answer))
    assert result.passed, result
    assert repr(result) == f"{exercise.id} correct. {exercise.meaning}"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_form(exercise):
    assert len(WRONG[exercise.id]) >= 2
    assert len(exercise.hints) >= 2
    assert "..." in exercise.stub
    assert "..." not in exercise.solution
    assert f"{exercise.answer} = " in exercise.stub or f"def {exercise.answer}(" in exercise.stub
    for text in (exercise.question, *exercise.hints, exercise.meaning):
        assert text.strip() == text
        assert text[-1] in ".)?`:" or text.startswith("`") or "\n- " in text, text
    for line in (exercise.stub + "\n" + exercise.solution).splitlines():
        assert len(line) <= 100, line
    assert exercise.cell.endswith(f'check("{exercise.id}", {exercise.answer})')
    assert exercise.markdown.startswith(f"**Exercise {exercise.id}: ")


class Strange:
    def __call__(self, *arguments):
        raise RuntimeError("strange")

    def __array__(self, *arguments, **options):
        raise RuntimeError("stranger")

    def __len__(self):
        return 3


JUNK = [
    0, -1, 3.5, float("nan"), float("inf"), 1e300, True, "", "text", "ABCDEF", b"bytes", [], (), {},
    set(), [1, [2, 3]], [[]], (1, 2), (1, 2, 3), ("a", "b", "c"), ([1, 2, 3], [4, 5, 6]), {"or": 1,
    "nand": (1, 2)}, {"w1": "x"}, np.zeros((2, 2)), np.array(["a"]), np.array([1 + 2j]),
    jnp.ones((3, 4)), range(6), object(), Strange(), int, len, print, lambda: 1, lambda *a: None,
    lambda *a: ..., lambda *a: "text", lambda *a: {}, lambda *a: [], lambda *a: (1, 2), lambda *a:
    ("a", "b"), lambda *a: (None, 1, 2), lambda *a: jnp.zeros((3, 3)), lambda *a: a, lambda *a:
    a[0], lambda *a: 1j, lambda *a: 1 / 0, lambda *a: undefined, lambda *a: np.nan, lambda *a: [[1],
    [1, 2]], lambda *a: Strange(), lambda *a, f=None: f(),
]  # fmt: skip


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_nothing_a_learner_gives_raises(exercise):
    for answer in JUNK:
        result = check(exercise.id, answer)
        assert result.status in ("not yet", "not attempted yet"), (answer, result)
        assert len(repr(result)) > 20
        assert "Traceback" not in repr(result)


def leaky_relu_with_mistake(x, slope):
    y = x * slope
    return y + missing_name


def test_an_exception_is_named_with_its_line():
    message = repr(check("03.2", leaky_relu_with_mistake))
    assert "raises NameError in line " in message
    assert "`return y + missing_name" in message
    assert "name 'missing_name' is not defined" in message
    assert "\n" not in message


def test_an_if_on_an_array_is_explained():
    assert "jnp.where" in repr(check("03.2", lambda x, slope: x if x > 0 else slope * x))


def test_other_ways_to_go_wrong():
    assert "cannot be called as `leaky_relu(x, slope)`" in repr(check("03.2", lambda x: x))
    assert "without calling it" in repr(check("03.2", jnp.ones(3)))
    assert "Is there a `return`" in repr(check("03.2", lambda x, slope: print(end="")))
    assert "gives shape (); expected shape (4,)" in repr(check("03.2", lambda x, slope: x.sum()))
    assert "is a text" in repr(check("03.2", lambda x, slope: "0"))
    assert "without quotes" in repr(check("04.3", "69"))
    assert "Call the function" in repr(check("04.3", lambda: 69))
    assert "a finite number" in repr(check("04.3", float("nan")))
    assert "holds 2 numbers" in repr(check("04.3", [69, 70]))
    assert "complex" in repr(check("04.3", 69 + 0j))
    assert "A `...` is left in `leaky_relu`" in repr(check("03.2", lambda x, slope: x * ...))
    assert check("03.2", lambda x, slope: x * ...).status == "not attempted yet"
    assert check("04.3", np.float32(69)).passed
    assert check("04.3", jnp.array([69])).passed


def test_unknown_id():
    for id in ("3.2", 3.2, "03.9", "nonsense", None, "", ["03.2"]):
        for call in (check, hint, solution):
            result = call(id)
            assert result.status == "unknown exercise"
            assert not result.passed
    assert "Did you mean 03.2" in repr(check("3.2"))
    assert "03.1" in repr(check("3"))


def test_hints_come_one_after_the_other(monkeypatch):
    monkeypatch.setattr(exercises, "_hints_given", {})
    count = len(EXERCISES["03.3"].hints)
    said = [repr(hint("03.3")) for _ in range(count + 1)]
    for turn, text in enumerate(said[:count]):
        assert text.startswith(f"03.3, hint {turn + 1} of {count}: {EXERCISES['03.3'].hints[turn]}")
    assert said[count] == said[count - 1]
    assert 'solution("03.3")' in said[-1]
    assert repr(hint("03.4")).startswith("03.4, hint 1")


def test_solution_shows_code():
    assert repr(solution("03.2")) == EXERCISES["03.2"].solution
    assert "```python\ndef leaky_relu" in solution("03.2")._repr_markdown_()


def test_html_says_the_same_and_escapes():
    result = check("03.2", lambda x, slope: "<script>" + undefined)
    page = result._repr_html_()
    assert "<script>" not in page
    assert "03.2 not yet" in page
    assert "<code>leaky_relu</code>" in page
    styles = {check("03.2", a)._repr_html_().split("border-left:4px ")[1].split()[0] for a in (..., 3)}
    assert styles == {"dotted", "solid"}  # told apart without colour


def test_shown_in_a_notebook_words_first_then_the_picture(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    result = check("03.2", lambda x, slope: jnp.maximum(x, 0))
    result._ipython_display_()
    assert shown[0]["text/plain"] == repr(result)
    assert shown[1]["image/png"] == result._repr_png_()
    assert "03.2" in shown[1]["text/plain"]
    shown.clear()
    check("03.2")._ipython_display_()
    assert len(shown) == 1
    assert check("03.2")._repr_png_() is None
