"""Exercises of 00_start_here: accuracy, the confusion matrix, a network with one more layer."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet


def _accuracy(answer: Any) -> None:
    accuracy = answers.function(answer, "accuracy(predicted, true)")
    for predicted, true in (([3, 5, 7, 9], [3, 5, 1, 9]), ([0, 1], [0, 1]), ([4, 4, 4, 4, 4], [1, 2, 3, 4, 5])):
        predicted, true = np.array(predicted), np.array(true)
        right = float(np.mean(predicted == true))
        answers.compare(
            "your accuracy",
            accuracy(jnp.array(predicted), jnp.array(true)),
            right,
            at=f"predicted = {predicted.tolist()}, true = {true.tolist()}",
            typical=(
                (right * len(true), "That is how many are right; divide by how many there are."),
                (right * 100, "That is a percentage; the accuracy is a fraction between 0 and 1."),
                (1 - right, "That is the share of mistakes, the error rate."),
            ),
        )


ACCURACY = Exercise(
    id="00.1",
    title="accuracy by hand",
    question=(
        "Write `accuracy(predicted, true)`: two arrays of digits come in, the fraction that agree goes out, "
        "a number between 0 and 1."
    ),
    stub="def accuracy(predicted, true):\n    return ...",
    answer="accuracy",
    test=_accuracy,
    hints=(
        "`predicted == true` gives an array of True and False, one for each picture.",
        "True counts as 1 and False as 0, so the mean of that array is the fraction of Trues.",
    ),
    solution="def accuracy(predicted, true):\n    return jnp.mean(predicted == true)",
    meaning="Accuracy counts only hits: it does not say how sure the network was, nor which digits it mixes up.",
)


def _most_confused(answer: Any) -> None:
    most_confused = answers.function(answer, "most_confused(matrix)")
    small = np.array([[50, 1, 0], [2, 40, 7], [4, 0, 60]])
    big = np.diag(np.full(10, 90))
    big[4, 9], big[9, 4], big[3, 5] = 12, 8, 9
    for matrix, pair in ((small, (1, 2)), (big, (4, 9))):
        got = most_confused(jnp.array(matrix))
        values = tuple(answers.array(got, "most_confused(matrix)").ravel())
        shown = f"matrix = {matrix.tolist()}" if matrix is small else "a matrix of ten digits"
        if values == (matrix.shape[0] * pair[0] + pair[1],):
            raise NotYet(
                f"your `most_confused` gives {values[0]:.0f} for {shown}; that is the place in the flattened matrix. "
                f"Turn it into (row, column) with `divmod(place, number of columns)`."
            )
        if len(values) != 2:
            raise NotYet(f"your `most_confused` gives {len(values)} values; a pair (true, predicted) is wanted.")
        why = ""
        if values == pair[::-1]:
            why = "The rows are the true digits, the columns the predictions: the true digit comes first."
        elif values[0] == values[1]:
            why = "The diagonal holds the right answers; set it to 0 before you look for the largest number."
        if values != pair:
            raise NotYet(
                f"your `most_confused` gives {tuple(map(int, values))} for {shown}; expected {pair}. {why}".strip()
            )


MOST_CONFUSED = Exercise(
    id="00.2",
    title="which digit is taken for which?",
    question=(
        "First guess: which digit will the network take for another one most often? Then let the numbers answer. In a "
        "confusion matrix the row is the true digit, the column the predicted one, and the entry counts the pictures. "
        "Write `most_confused(matrix)`: it returns the pair `(true, predicted)` of the most frequent mistake."
    ),
    stub="def most_confused(matrix):\n    return ...",
    answer="most_confused",
    test=_most_confused,
    hints=(
        "Mistakes lie off the diagonal. `matrix - jnp.diag(jnp.diag(matrix))` leaves only these.",
        "`jnp.argmax` of a matrix counts through the flattened matrix.",
        "`divmod(place, matrix.shape[1])` turns that place into a row and a column.",
    ),
    solution=(
        "def most_confused(matrix):\n"
        "    mistakes = matrix - jnp.diag(jnp.diag(matrix))\n"
        "    true, predicted = divmod(int(jnp.argmax(mistakes)), matrix.shape[1])\n"
        "    return true, predicted"
    ),
    meaning="A network mixes up what looks alike in pixels, often 4 with 9, 3 with 5, and 7 with 9.",
)


def _deeper(answer: Any) -> None:
    if isinstance(answer, (list, tuple)) and all(isinstance(part, int) for part in answer):
        raise NotYet("`deeper` holds the sizes; the network made with these sizes is wanted.")
    shapes = [leaf.shape for leaf in jax.tree.leaves(answer) if getattr(leaf, "ndim", 0) == 2]
    if not shapes or not callable(answer):
        raise NotYet("`deeper` is not a network: `MLP.init(key, sizes)` makes one, with its weight matrices inside.")
    sizes = [shapes[0][0], *(shape[1] for shape in shapes)]
    wanted = [784, 128, 64, 10]
    why = ""
    if sizes[0] == 28:
        why = "A picture has 28 x 28 = 784 pixels, and each is one input."
    elif len(sizes) < 4:
        why = "There is only one hidden layer; put another number between the 128 and the 10."
    elif sizes[-1] != 10:
        why = "There are ten digits, so ten outputs."
    if sizes != wanted:
        raise NotYet(
            f"your network has the sizes {' - '.join(map(str, sizes))}; expected "
            f"{' - '.join(map(str, wanted))}. {why}".strip()
        )
    answers.array(answer(jnp.zeros((2, 784))), "deeper(pictures)", (2, 10))


DEEPER = Exercise(
    id="00.3",
    title="one more layer",
    question=(
        "Build a network with one more layer: 784 pixels, 128 hidden units, then 64 hidden units, then 10 outputs. "
        "Train it as above if you like: is it better?"
    ),
    stub="from dlnotes.models import MLP\n\ndeeper = ...",
    answer="deeper",
    test=_deeper,
    hints=(
        "`MLP.init(key, sizes)` takes all sizes in order, from the pixels to the digits.",
        "The list of sizes has four numbers: there are three weight matrices between them.",
    ),
    solution="from dlnotes.models import MLP\n\ndeeper = MLP.init(jax.random.key(0), (784, 128, 64, 10))",
    meaning="The second hidden layer combines the features the first one found, and adds only 8 thousand numbers.",
)

EXERCISES = (ACCURACY, MOST_CONFUSED, DEEPER)
