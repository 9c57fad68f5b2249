"""Figures are judged by the numbers they drew."""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlnotes import plots
from dlnotes.plots import _style as style
from dlnotes.plots.activation import flow
from dlnotes.plots.perceptron import boundary, mistakes


def test_a_figure_is_unknown_to_pyplot_and_gives_the_same_bytes():
    def draw():
        fig = plots.figure(300, 200)
        fig.subplots().plot([0, 1], [0, 1])
        return plots.png(fig)

    first = draw()
    assert first == draw()
    assert first.startswith(b"\x89PNG")
    assert b"Software" not in first
    assert b"tEXt" not in first
    assert not plt.get_fignums()


def test_a_picture_is_opaque_white_and_of_the_size_asked_for():
    fig = plots.figure(310, 170)
    image = np.asarray(plt.imread(__import__("io").BytesIO(plots.png(fig))))
    assert image.shape == (170, 310, 3)
    assert (image == 1).all()


def test_zero_is_white_negative_orange_positive_blue():
    low, zero, high = plots.DIVERGING([0.0, 0.5, 1.0])
    np.testing.assert_allclose(zero[:3], 1, atol=0.01)
    assert low[0] > low[2]
    assert high[2] > high[0]


def test_activation_curve_draws_value_derivative_and_saturation():
    ax = plots.activation_curve(jnp.tanh, low=-4, high=4)
    xs, values = ax.lines[0].get_xydata().T
    np.testing.assert_allclose(values, np.tanh(xs), atol=1e-6)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 1 - np.tanh(xs) ** 2, atol=1e-6)
    edge = np.arctanh(np.sqrt(0.95))
    corners = sorted(x for patch in ax.patches for x in (patch.get_x(), patch.get_x() + patch.get_width()))
    np.testing.assert_allclose(corners, [-4, -edge, edge, 4], atol=0.02)


def test_flow_counts_shares():
    xs = np.linspace(-6, 6, 1201)
    n = flow(xs, np.maximum(xs, 0), (xs > 0).astype(float), np.array([-2.0, -1.0, 1.0, 3.0]), (-2, 6))
    assert (n["dead"], n["saturated"], n["mean_out"], n["mean_slope"]) == (0.5, 0.5, 1.0, 0.5)
    assert n["input_share"].sum() == n["output_share"].sum() == 1


def test_loss_curves_draw_each_loss_and_its_gradient():
    top, bottom = plots.loss_curves({"squared": lambda r: r**2, "absolute": jnp.abs}, low=-2, high=2, at=1.0)
    xs, values = top.lines[0].get_xydata().T
    np.testing.assert_allclose(values, xs**2, atol=1e-6)
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), 2 * xs, atol=1e-6)
    np.testing.assert_allclose(np.abs(bottom.lines[1].get_ydata()[xs != 0]), 1)
    assert [line.get_xydata()[0].tolist() for line in top.lines[3:]] == [[1, 1], [1, 1]]


def test_history_draws_each_curve_from_epoch_one_and_marks_the_best():
    ax = plots.history({"train": [3.0, 2.0, 1.0], "validation": np.array([3.0, np.nan, 2.5])}, best="validation")
    assert ax.lines[0].get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert ax.lines[2].get_xydata().tolist() == [[3, 2.5]]
    assert len({line.get_linestyle() for line in ax.lines[:2]}) == 2  # never by colour alone


def test_points_separate_classes_by_marker_and_colour():
    x, y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2])
    ax = plots.points(x, y, class_names=("a", "b", "c"))
    for label, group in enumerate(ax.collections):
        np.testing.assert_array_equal(group.get_offsets(), x[y == label])
    assert len({tuple(group.get_facecolor()[0]) for group in ax.collections}) == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]


def test_decision_boundary_asks_the_model_at_every_place():
    data = (np.array([[-1.0, -2.0], [1.0, 2.0]]), np.array([0, 1]))
    ax = plots.decision_boundary(lambda x: jax.nn.sigmoid(jnp.asarray(x[:, 1])), data, steps=50, margin=0.5)
    field = ax.images[0].get_array()
    np.testing.assert_allclose(field[:, 0], 1 / (1 + np.exp(-np.linspace(-4, 4, 50))), atol=1e-6)
    np.testing.assert_array_equal(field[:, 0], field[:, -1])
    assert ax.get_ylim() == (-4, 4)


def test_decision_boundary_of_several_classes_is_the_largest_column():
    data = (np.array([[-1.0, -1.0], [1.0, 1.0], [0.0, 1.0]]), np.array([0, 1, 2]))
    logits = np.array([[-1.0, 0], [1, 0], [0, 1]])
    ax = plots.decision_boundary(lambda x: x @ logits.T, data, steps=30)
    columns, rows = np.linspace(*ax.get_xlim(), 30), np.linspace(*ax.get_ylim(), 30)
    expected = (np.stack(np.meshgrid(columns, rows), -1) @ logits.T).argmax(-1)
    assert (ax.images[0].get_array() == expected).mean() > 0.99


def test_image_grid_says_right_and_wrong():
    images = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype(np.float32)
    fig = plots.image_grid(images, [2, 0, 1], np.eye(3, dtype=np.float32)[[2, 1, 1]] * 0.5 + 1 / 6)
    assert [ax.get_title() for ax in fig.axes] == ["✓ 2  67%", "✗ 1  67%\nit is 0", "✓ 1  67%"]
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), images[1, :, :, 0])


def test_weight_images_share_one_scale():
    weights = np.array([[[1.0, -3.0]], [[0.5, 0.0]]])
    fig = plots.weight_images(weights)
    assert {ax.images[0].get_clim() for ax in fig.axes} == {(-3.0, 3.0)}
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), weights[1])


def test_mosaic_lays_the_pictures_in_rows_with_a_line_between():
    images = np.random.default_rng(0).uniform(size=(5, 3, 4)).astype(np.float32)
    ax = plots.mosaic(images, columns=3)
    sheet = np.asarray(ax.images[0].get_array())
    assert sheet.shape == (7, 14)
    np.testing.assert_array_equal(sheet[:3, 5:9], images[1])
    np.testing.assert_array_equal(sheet[4:, 5:9], images[4])
    assert not sheet[3].any()  # the line
    assert not sheet[:, 4].any()
    assert not sheet[4:, 10:].any()  # the empty place
    weights = np.array([[[2.0, -1.0]], [[0.1, 0.0]]])
    signed = np.asarray(plots.mosaic(weights, columns=1, signed=True).images[0].get_array())
    np.testing.assert_allclose(signed, [[1, -0.5], [0, 0], [1, 0]])


def test_confusion_matrix_writes_counts_and_colours_shares():
    ax = plots.confusion_matrix(np.array([[8, 2], [0, 5]]), class_names=("cat", "dog"))
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.8, 0.2], [0, 1]])
    assert [(t.get_text(), t.get_position()) for t in ax.texts] == [("8", (0, 0)), ("2", (1, 0)), ("5", (1, 1))]


@pytest.mark.parametrize("seed", range(20))
def test_the_boundary_lies_on_the_line(seed):
    *weight, bias = np.random.default_rng(seed).normal(size=3)
    ends = boundary(np.array(weight), bias, 4.0)
    np.testing.assert_allclose(ends @ weight + bias, 0, atol=1e-9)
    assert (np.abs(ends) <= 4 + 1e-6).all()
    assert np.isclose(np.abs(ends).max(1), 4).all()


def test_perceptron_board_rings_the_wrong_ones():
    ax = plots.perceptron_board([[1, 1], [-1, 0], [2, -3]], [1, 1, -1], [1.0, 0.0], 0.0, look_at=1)
    wrong, look = ax.collections[-2:]
    assert wrong.get_offsets().tolist() == [[-1, 0], [2, -3]]
    assert look.get_offsets().tolist() == [[-1, 0]]
    assert [bar.get_height() for bar in mistakes([3, 1]).patches] == [3, 1]
    assert boundary(np.zeros(2), 1.0, 4.0) is None


@pytest.mark.plain
@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.figure(0, 100),
        lambda: plots.activation_curve(3),
        lambda: plots.activation_curve(jnp.tanh, low=2, high=1),
        lambda: plots.activation_curve(jnp.tanh, threshold=-1),
        lambda: plots.loss_curves({}),
        lambda: plots.loss_curves({"a": 1}),
        lambda: plots.history({}),
        lambda: plots.history({"a": []}),
        lambda: plots.history({"a": [1.0]}, best="b"),
        lambda: plots.history({"a": ["x"]}),
        lambda: plots.points(np.zeros((2, 3)), np.zeros(2, int)),
        lambda: plots.points(np.zeros((2, 2)), np.zeros(3, int)),
        lambda: plots.decision_boundary(lambda x: x[:3], (np.zeros((2, 2)), np.zeros(2, int))),
        lambda: plots.decision_boundary(np.ones(3), (np.zeros((2, 2)), np.zeros(2, int))),
        lambda: plots.decision_boundary(lambda x: x, 3),
        lambda: plots.image_grid(np.zeros((4, 4))),
        lambda: plots.image_grid(np.zeros((2, 4, 4)), [1]),
        lambda: plots.image_grid(np.zeros((2, 4, 4)), None, np.zeros((3, 2))),
        lambda: plots.weight_images(np.zeros((4, 4))),
        lambda: plots.weight_images(np.full((1, 4, 4), np.nan)),
        lambda: plots.confusion_matrix(np.zeros((2, 3), int)),
        lambda: plots.confusion_matrix(-np.ones((2, 2), int)),
        lambda: plots.perceptron_board([[0, 0]], [0], [1, 0], 0),
        lambda: plots.perceptron_board([[0, 0]], [1], [1, 0, 0], 0),
    ],
)
def test_malformed_input_is_named(call):
    with pytest.raises((TypeError, ValueError), match="expects"):
        call()


def test_axes_of_the_reader_are_used():
    fig = style.figure(300, 200)
    ax = fig.subplots()
    assert plots.history({"a": [1.0]}, ax) is ax
    assert plots.activation_curve(jnp.tanh, ax) is ax
