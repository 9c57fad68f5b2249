"""Exercises that answer: `check("03.2", my_function)`, `hint("03.2")`, `solution("03.2")`.

Example:
    >>> check("04.3", 70)
    04.3 not yet: a layer of 70 units makes 55,660 numbers, more than 55,050. Round down, not up.
    >>> check("04.3", 69).passed
    True

Notebook: 00_start_here, section "How the exercises work".
"""

import difflib
from typing import Any

from dlnotes.exercises import (
    chapter_00,
    chapter_01,
    chapter_02,
    chapter_03,
    chapter_04,
    chapter_05,
    chapter_06,
    chapter_07,
    chapter_08,
    chapter_09,
    chapter_10,
    chapter_11,
)
from dlnotes.exercises._exercise import UNKNOWN, Exercise, Note, Result, judge

EXERCISES: dict[str, Exercise] = {
    exercise.id: exercise
    for chapter in (
        chapter_00,
        chapter_01,
        chapter_02,
        chapter_03,
        chapter_04,
        chapter_05,
        chapter_06,
        chapter_07,
        chapter_08,
        chapter_09,
        chapter_10,
        chapter_11,
    )
    for exercise in chapter.EXERCISES
}

_hints_given: dict[str, int] = {}


def check(exercise: object, answer: Any = ...) -> Result:
    """Judge an answer: not attempted, not yet (with what is wrong), or correct (with what it means).

    Args:
        exercise: The exercise's id, such as "03.2".
        answer: What the exercise asks for: a function, a number, an array, a letter.

    Returns:
        A `Result`, shown in the notebook; `.passed` says whether the answer is right. A mistake never raises.

    Example:
        >>> check("03.2", lambda x, slope=0.01: x)  # doctest: +ELLIPSIS
        03.2 not yet: your leaky ReLU gives -2.0 at x = -2; expected -0.02. ...
    """
    found = EXERCISES.get(str(exercise))
    return judge(found, answer) if found else _unknown(exercise)


def hint(exercise: object) -> Note | Result:
    """Give the first hint; called again, the next one.

    Args:
        exercise: The exercise's id, such as "03.2".
    """
    found = EXERCISES.get(str(exercise))
    if not found:
        return _unknown(exercise)
    turn = min(_hints_given.get(found.id, 0), len(found.hints) - 1)
    _hints_given[found.id] = turn + 1
    more = "" if turn + 1 < len(found.hints) else f' This is the last hint; `solution("{found.id}")` shows one answer.'
    text = f"{found.id}, hint {turn + 1} of {len(found.hints)}: {found.hints[turn]}{more}"
    return Note(text, text)


def solution(exercise: object) -> Note | Result:
    """Show one right answer, as code to read.

    Args:
        exercise: The exercise's id, such as "03.2".
    """
    found = EXERCISES.get(str(exercise))
    if not found:
        return _unknown(exercise)
    return Note(found.solution, f"One answer to {found.id}:\n\n```python\n{found.solution}\n```\n\n{found.meaning}")


def _unknown(exercise: Any) -> Result:
    near = difflib.get_close_matches(str(exercise), EXERCISES, n=3, cutoff=0.5)
    near += [name for name in EXERCISES if name.startswith((f"{exercise}.", f"0{exercise}."))][:5]
    suggestion = f"Did you mean {' or '.join(dict.fromkeys(near))}?" if near else f"There are {', '.join(EXERCISES)}."
    return Result(str(exercise), UNKNOWN, f"{suggestion} Write the id as in the text, in quotes.")
