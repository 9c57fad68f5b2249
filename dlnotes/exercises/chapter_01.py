"""Exercises of 01_what_is_deep_learning: circles of AI, milestones, what a net costs, depth as reuse."""

import math
from itertools import pairwise
from typing import Any

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet


def _parameters(answer: Any) -> None:
    parameters = answers.function(answer, "parameters(sizes)")
    for sizes in ((784, 128, 10), (3, 2), (2, 4, 4, 1)):
        weights = sum(a * b for a, b in pairwise(sizes))
        answers.compare(
            "your count",
            parameters(sizes),
            weights + sum(sizes[1:]),
            at=f"sizes {sizes}",
            typical=(
                (weights, "The weights are right; each unit after the inputs has a bias as well."),
                (weights + sum(sizes), "The inputs are given numbers: they have no bias."),
                (math.prod(sizes), "Only neighbouring layers are connected: add the products of neighbours."),
            ),
        )


PARAMETERS = Exercise(
    id="01.1",
    title="how many numbers does a network learn?",
    question=(
        "Between two neighbouring layers every unit is connected with every unit, by one weight each. Every unit after "
        "the inputs also has one bias. Write `parameters(sizes)`: for the sizes `(784, 128, 10)` it gives the "
        "number of "
        "weights and biases together."
    ),
    stub="def parameters(sizes):\n    return ...",
    answer="parameters",
    test=_parameters,
    hints=(
        "From 784 to 128 units lead 784 x 128 weights, and the 128 units have 128 biases.",
        "`zip(sizes[:-1], sizes[1:])` gives the pairs of neighbours.",
        "For a pair `(a, b)` add `a * b + b`.",
    ),
    solution="def parameters(sizes):\n    return sum(a * b + b for a, b in zip(sizes[:-1], sizes[1:]))",
    meaning=(
        "This small net for digits already has 101,770 numbers; large language models have a million times as many."
    ),
)

_YEARS = {"A": 1986, "B": 1943, "C": 2012, "D": 1957, "E": 1997, "F": 2017}


def _milestones(answer: Any) -> None:
    if answer is not None and isinstance(answer, str):
        answer = [part for part in answer.upper() if part.isalpha()]
    parts = answers.several(answer, list("123456"), "order")
    order = [answers.letter(part, "order", "ABCDEF") for part in parts]
    if len(set(order)) < len(order):
        twice = next(one for one in order if order.count(one) > 1)
        raise NotYet(f"{twice} stands twice in your order; each of A to F is wanted once.")
    if order == sorted(_YEARS, key=_YEARS.__getitem__, reverse=True):
        raise NotYet("your order is right but runs backwards: begin with the earliest.")
    for earlier, later in pairwise(order):
        if _YEARS[earlier] > _YEARS[later]:
            raise NotYet(
                f"{earlier} cannot come before {later}: {earlier} is of {_YEARS[earlier]}. Look at the timeline."
            )


MILESTONES = Exercise(
    id="01.2",
    title="put the milestones in order",
    question=(
        "From the earliest to the latest, as a text of six letters:\n\n"
        "- A: back-propagation becomes known as the way to train hidden layers (Rumelhart, Hinton, Williams)\n"
        "- B: a neuron as a logical threshold unit (McCulloch and Pitts)\n"
        "- C: AlexNet wins the ImageNet contest on two graphics cards (Krizhevsky, Sutskever, Hinton)\n"
        "- D: the perceptron learns its weights from examples (Rosenblatt)\n"
        "- E: the LSTM keeps information over many steps (Hochreiter, Schmidhuber)\n"
        "- F: the Transformer, built on attention alone (Vaswani et al.)"
    ),
    stub='order = ...  # a text such as "ABCDEF"',
    answer="order",
    test=_milestones,
    hints=(
        "The neuron came before computers could be bought; the perceptron came with the first ones.",
        "Two of the six are of this century: the one with images, then the one with attention.",
        "In the last century: neuron, perceptron, back-propagation, LSTM.",
    ),
    solution='order = "BDAECF"',
    meaning="The ideas are old: 1943, 1957, 1986, 1997. What 2012 added was data, graphics cards and a few tricks.",
)


def _paths(answer: Any) -> None:
    paths = answers.function(answer, "paths(widths)")
    for widths in ((10, 10, 10), (4,), (3, 5, 2, 7)):
        links = sum(a * b for a, b in pairwise(widths))
        answers.compare(
            "your number of paths",
            paths(widths),
            math.prod(widths),
            at=f"hidden widths {widths}",
            typical=(
                (sum(widths), "That counts the units; a path chooses one unit in each layer."),
                (links, "That counts the connections between hidden layers; a path goes through all layers."),
            ),
        )


PATHS = Exercise(
    id="01.3",
    title="depth is reuse",
    question=(
        "A network has one input, one output, and hidden layers of the given widths; neighbours are fully connected. "
        "How many different paths lead from the input to the output, each through one unit per layer? "
        "Write `paths(widths)`. Then compare `paths((10, 10, 10))` with `paths((30,))`: the same 30 units."
    ),
    stub="def paths(widths):\n    return ...",
    answer="paths",
    test=_paths,
    hints=(
        "With two hidden layers of 3 and 4 units: each of the 3 choices can go on in 4 ways.",
        "The choices multiply. `math.prod` multiplies the numbers of a tuple.",
    ),
    solution="import math\n\n\ndef paths(widths):\n    return math.prod(widths)",
    meaning=(
        "30 units side by side give 30 paths; in three layers of ten they give 1,000, because each layer "
        "reuses the one before."
    ),
)

_CIRCLES = {"chess rules": "AI", "spam filter": "ML", "photo search": "DL", "house prices": "ML"}
_WHY_CIRCLES = {
    "chess rules": "people wrote its rules; it learns nothing from data",
    "spam filter": "it learns from data, but the features (word counts) are chosen by people and there is one layer",
    "photo search": "its many layers learn their own features from the pixels",
    "house prices": "a decision tree learns from data, without layers of learnt features",
}


def _circles(answer: Any) -> None:
    if not isinstance(answer, dict):
        raise NotYet("`circles` should stay a dict: the name of each system, and its circle.")
    for name, wanted in _CIRCLES.items():
        given = answer.get(name, ...)
        answers.gaps(given)
        if not isinstance(given, str) or given.strip().upper() not in ("AI", "ML", "DL"):
            raise NotYet(f'"{name}" has {given!r}; one of "AI", "ML", "DL" is wanted.')
        if given.strip().upper() != wanted:
            raise NotYet(f'"{name}" is not {given.strip().upper()} as its innermost circle: {_WHY_CIRCLES[name]}.')


CIRCLES = Exercise(
    id="01.4",
    title="the innermost circle",
    question=(
        "Deep learning lies inside machine learning, and that inside artificial intelligence. Name for each system the "
        'innermost circle it belongs to, `"AI"`, `"ML"` or `"DL"`:\n\n'
        "- *chess rules*: a chess program whose rules for judging a position were written by masters\n"
        "- *spam filter*: logistic regression on counts of words, fitted to 10,000 letters\n"
        "- *photo search*: a network of 50 layers that was trained on pixels\n"
        "- *house prices*: one decision tree, fitted to past sales"
    ),
    stub=(
        'circles = {\n    "chess rules": ...,\n    "spam filter": ...,\n    "photo search": ...,\n    "house '
        'prices": ...,\n}'
    ),
    answer="circles",
    test=_circles,
    hints=(
        "Ask first: does it learn from data? If not, it is AI only.",
        "Then ask: does it learn its own features, layer on layer? Only then it is deep learning.",
    ),
    solution=(
        'circles = {\n    "chess rules": "AI",\n    "spam filter": "ML",\n    "photo search": "DL",\n    "house '
        'prices": "ML",\n}'
    ),
    meaning="The two questions are whether it learns from data, and whether it learns its own features in layers.",
)

EXERCISES = (PARAMETERS, MILESTONES, PATHS, CIRCLES)
