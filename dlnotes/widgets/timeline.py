"""The history of deep learning from 1943 to today: one slider for the year, and what was new then."""

from typing import Any

from matplotlib.lines import Line2D

from dlnotes.plots import _style as style
from dlnotes.plots.timeline import KINDS, Milestone, levels, timeline
from dlnotes.widgets._shell import Canvas, Control

FIRST, LAST = 1943, 2025
ROWS = ((1940, 2006), (2005, 2030))
MILESTONES = (
    Milestone(
        1943,
        "neuron",
        "idea",
        "Warren McCulloch and Walter Pitts describe a nerve cell as a threshold unit; nets of such units "
        "compute logic.",
        "Bulletin of Mathematical Biophysics 5, 115-133",
    ),
    Milestone(
        1957,
        "perceptron",
        "idea",
        "Frank Rosenblatt's perceptron learns its weights from examples.",
        "Cornell Aeronautical Laboratory report 85-460-1, 1957; Psychological Review 65, 386-408, 1958",
    ),
    Milestone(
        1969,
        "Perceptrons",
        "limit",
        "Marvin Minsky and Seymour Papert prove what one layer of such units cannot compute.",
        "Perceptrons, MIT Press, 1969",
    ),
    Milestone(
        1970,
        "reverse mode",
        "idea",
        "Seppo Linnainmaa describes how to differentiate a long computation backwards: the calculation inside "
        "back-propagation.",
        "Master's thesis, University of Helsinki, 1970; BIT 16, 146-160, 1976",
    ),
    Milestone(
        1974,
        "Werbos",
        "idea",
        "Paul Werbos derives such backward derivatives for fitting models to data, and later for neural networks.",
        "Beyond Regression, PhD thesis, Harvard University, 1974",
    ),
    Milestone(
        1980,
        "Neocognitron",
        "idea",
        "Kunihiko Fukushima stacks layers of local detectors that read shifted characters.",
        "Biological Cybernetics 36, 193-202",
    ),
    Milestone(
        1986,
        "back-propagation",
        "idea",
        "David Rumelhart, Geoffrey Hinton and Ronald Williams show that hidden layers trained so learn useful "
        "features.",
        "Nature 323, 533-536",
    ),
    Milestone(
        1989,
        "approximation",
        "idea",
        "George Cybenko, and Kurt Hornik with colleagues, prove that one wide hidden layer can approximate "
        "any continuous function.",
        "Mathematics of Control, Signals and Systems 2, 303-314; Neural Networks 2, 359-366",
    ),
    Milestone(
        1997,
        "LSTM",
        "idea",
        "Sepp Hochreiter and Jürgen Schmidhuber build a recurrent cell that keeps information over many steps.",
        "Neural Computation 9, 1735-1780",
    ),
    Milestone(
        1998,
        "LeNet",
        "result",
        "Yann LeCun and colleagues describe LeNet-5, a convolutional network that reads cheques.",
        "Proceedings of the IEEE 86, 2278-2324",
    ),
    Milestone(
        2006,
        "deep belief nets",
        "idea",
        "Geoffrey Hinton, Simon Osindero and Yee-Whye Teh train a deep network layer by layer, without labels first.",
        "Neural Computation 18, 1527-1554",
    ),
    Milestone(
        2012,
        "AlexNet",
        "result",
        "Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton win the ImageNet contest, trained on two graphics cards.",
        "Advances in Neural Information Processing Systems 25",
    ),
    Milestone(
        2014,
        "GAN",
        "idea",
        "Ian Goodfellow and colleagues let two networks compete: one makes pictures, one judges them.",
        "arXiv 1406.2661",
    ),
    Milestone(
        2015,
        "ResNet",
        "result",
        "Kaiming He and colleagues train 152 layers with shortcuts around them.",
        "arXiv 1512.03385",
    ),
    Milestone(
        2016,
        "AlphaGo",
        "result",
        "A program of deep networks and tree search beats Lee Sedol, one of the best Go players, 4 to 1.",
        "Method: Silver et al., Nature 529, 484-489",
    ),
    Milestone(
        2017,
        "Transformer",
        "idea",
        "Ashish Vaswani and colleagues translate with attention alone, without recurrence.",
        "arXiv 1706.03762",
    ),
    Milestone(
        2018,
        "GPT",
        "idea",
        "Alec Radford and colleagues train a Transformer to continue text, then adapt it to tasks.",
        "Improving Language Understanding by Generative Pre-Training, OpenAI",
    ),
    Milestone(
        2018,
        "BERT",
        "idea",
        "Jacob Devlin and colleagues train a Transformer to fill gaps in text, then adapt it to tasks.",
        "arXiv 1810.04805",
    ),
    Milestone(
        2020,
        "GPT-3",
        "result",
        "With 175 billion weights, a language model does many tasks from a few examples in its prompt.",
        "Brown et al., arXiv 2005.14165",
    ),
    Milestone(
        2020,
        "AlphaFold 2",
        "result",
        "At the CASP14 contest a network predicts the shapes of many proteins about as well as experiments.",
        "Jumper et al., Nature 596, 583-589, 2021",
    ),
    Milestone(
        2022,
        "latent diffusion",
        "result",
        "Robin Rombach and colleagues make pictures from text by removing noise; Stable Diffusion makes it public.",
        "arXiv 2112.10752 (December 2021); CVPR 2022",
    ),
    Milestone(
        2022,
        "ChatGPT",
        "result",
        "On 30 November OpenAI opens a language model, tuned for dialogue, to everybody.",
        "openai.com/blog/chatgpt; method: Ouyang et al., arXiv 2203.02155",
    ),
    Milestone(
        2024,
        "Nobel prizes",
        "result",
        "John Hopfield and Geoffrey Hinton receive the prize in physics; half of that in chemistry goes to "
        "Demis Hassabis and John Jumper for AlphaFold.",
        "The Royal Swedish Academy of Sciences, 8 and 9 October 2024",
    ),
    Milestone(
        2025,
        "DeepSeek-R1",
        "result",
        "A language model learns to reason in long chains of steps by reinforcement learning; its weights are "
        "published.",
        "DeepSeek-AI, arXiv 2501.12948",
    ),
)


class Timeline(Canvas):
    """Milestones of deep learning on two rows of years; below the picture, who did what in the latest of them.

    Args:
        year: 1943 to 2025. What came later is pale.

    Raises:
        TypeError, ValueError: A year out of range, or not a whole number.

    Example:
        >>> Timeline(year=1960).numbers()["latest"]
        ['perceptron']

    Notebook: 01_what_is_deep_learning.
    """

    title = "From a neuron on paper to today: which ideas waited long for their result?"
    caption = "Move the year, or drag along the line. What came later is pale."
    script = "timeline.js"

    def __init__(self, year: int = LAST) -> None:
        super().__init__({"year": Control.slider("year", FIRST, LAST, LAST)}, {"year": year})
        rows = []
        for first, last in ROWS:
            shown = [one for one in MILESTONES if first <= one.year < last]
            heights = levels(shown, (last - first) / 72)
            marks = [one._asdict() | {"level": level} for one, level in zip(shown, heights, strict=True)]
            rows.append({"years": [first, last], "milestones": marks})
        kinds = [[kind, color] for kind, (color, _) in KINDS.items()]
        self.view.set_trait("page", {**self.view.trait_values()["page"], "rows": rows, "kinds": kinds})

    def numbers(self) -> dict[str, Any]:
        """How many milestones there are up to the year, and the names and year of the latest."""
        year = self.settings["year"]
        past = [one for one in MILESTONES if one.year <= year]
        latest = past[-1].year
        return {"count": len(past), "latest_year": latest, "latest": [one.name for one in past if one.year == latest]}

    def fallback(self) -> bytes:
        """Both rows as a still picture."""
        figure = style.figure(740, 500)
        for ax, years in zip(figure.subplots(2, 1, height_ratios=(4, 5)), ROWS, strict=True):
            timeline(MILESTONES, self.settings["year"], ax, years=years)
        marks = [
            Line2D([], [], color=style.COLORS[color], marker=marker, linestyle="none", markersize=8, label=kind)
            for kind, (color, marker) in KINDS.items()
        ]
        figure.legend(handles=marks, loc="outside upper right", ncols=3, fontsize=style.FONT, frameon=False)
        return style.png(figure, level=9)

    @property
    def alt(self) -> str:
        """The milestones up to the year, in words."""
        year = self.settings["year"]
        past = "; ".join(f"{one.year} {one.name}" for one in MILESTONES if one.year <= year)
        return f"Timeline of deep learning up to {year}: {past}."
