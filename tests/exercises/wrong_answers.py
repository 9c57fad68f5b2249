"""Typical wrong answers: exercise -> pairs of source code and a piece of the message it must be met with."""


def f(head: str, *body: str) -> str:
    return "\n    ".join([f"def {head}:", *body])


def gates(either: str, nand: str) -> str:
    return f'gates = {{"or": {either}, "nand": {nand}}}'


def circles(chess: str, spam: str, photo: str, houses: str) -> str:
    names = ("chess rules", "spam filter", "photo search", "house prices")
    return f"circles = {dict(zip(names, (chess, spam, photo, houses), strict=True))}"


def shapes(**changed: str) -> str:
    right = {"w1": "(3, 5)", "b1": "(5,)", "hidden": "(8, 5)", "w2": "(5, 2)", "b2": "(2,)", "output": "(8, 2)"}
    return "shapes = {" + ", ".join(f"'{name}': {value}" for name, value in (right | changed).items()) + "}"


def xor(hidden: str, output: str) -> str:
    return f"xor_net = ({hidden}, {output})"


def fade(decay: str, options: str = "") -> tuple[str, ...]:
    return (
        "for b in batches:",
        f"    m = ({decay}) * m + (1 - ({decay})) * b.mean(0)",
        f"    v = ({decay}) * v + (1 - ({decay})) * b.var(0, {options})",
    )


OR_NAND_HIDDEN = "[(1, 1, -0.5), (-1, -1, 1.5)]"
ACC, MOST = "accuracy(predicted, true)", "most_confused(matrix)"
SLOPE, LEAKY, SOFT, DEAD = "sigmoid_slope(x)", "leaky_relu(x, slope=0.01)", "softmax(x)", "dead_units(z)"
FORWARD, BUMP = "forward(params, x)", "bump(x, left, right, steepness)"
MUL, TANH, DENSE = "multiply_backward(a, b, grad)", "tanh_backward(out, grad)", "dense_backward(x, weight, grad_y)"
BCE, CE, GRAD = "bce(logits, targets)", "cross_entropy(logits, labels)", "grad_logits(logits, label)"
UPDATE, MOMENTUM = "update(w, b, x, y, rate)", "momentum_step(w, velocity, grad, rate, decay)"
RATE_AT, READ, HALVE = "rate_at(step, steps, warm, peak)", "read_rate(rates, losses)", "halving(networks, first, last)"
ADAM, RATES = "adam_step(w, m, v, grad, step)", "effective_rates(grads, rate, decay)"
UNPACK = 'w1, b1, w2, b2 = (params[k] for k in ("w1", "b1", "w2", "b2")); relu = jax.nn.relu'
ENERGY, FREE, CD = "energy(v, h, W, a, b)", "free_energy(v, W, a, b)", "weight_step(v0, h0, v1, h1)"
SIG = "s = jax.nn.sigmoid; k = steepness"
AVERAGES = ("m = 0.9 * m + 0.1 * grad", "v = 0.999 * v + 0.001 * grad**2")
HATS = ("mh = m / (1 - 0.9**step)", "vh = v / (1 - 0.999**step)")
CLIMB, PART = "if step < warm: return peak * step / warm", "part = (step - warm) / (steps - warm)"
SQUARES = ("v = 0.0", "for g in grads: v = decay * v + (1 - decay) * g**2", "total = jnp.sum(grads**2)")
EARLY, SHRINK = "early_stop(losses, patience)", "shrink(w, rate, strength)"
MIX, ENSEMBLE = "mix(images, labels, other, share)", "ensemble(net, h, rate)"
HOT = "s, t = share[:, None, None], jax.nn.one_hot(labels, 3)"
BLENDED = "mixed = s * images + (1 - s) * images[other]; s = share[:, None]"
NORM, PREDICT = "batch_norm(x, scale, bias)", "predict(batches, x, decay)"
Z, SCALED = "z = (x - x.mean(0)) / jnp.sqrt(x.var(0) + 1e-5)", "return scale * z + bias"
NORMAL = "return (x - m) / jnp.sqrt(v + 1e-5)"


def early(better: str = "loss < best", wait: str = "epoch - keep >= patience", give: str = "keep, epoch") -> str:
    return f(
        EARLY,
        "keep, best = 1, losses[0]",
        "for epoch, loss in enumerate(losses, start=1):",
        f"    if {better}: keep, best = epoch, loss",
        f"    if {wait}: return {give}",
        "return keep, len(losses)",
    )


def eight(chance: str, answer: str = "net(m * h / (1 - rate))", masks: str = "np.ndindex(2, 2, 2)") -> str:
    return f(
        ENSEMBLE,
        "total = 0.0",
        f"for m in {masks}:",
        "    m = jnp.array(m); k = m.sum()",
        f"    total += ({chance}) * {answer}",
        "return total",
    )


RIGHT_CHANCE = "(1 - rate) ** k * rate ** (3 - k)"

WRONG: dict[str, list[tuple[str, str]]] = {
    "00.1": [
        (f(ACC, "return (predicted == true).sum()"), "divide by how many"),
        (f(ACC, "return 100 * jnp.mean(predicted == true)"), "a percentage"),
        (f(ACC, "return jnp.mean(predicted != true)"), "the error rate"),
        (f(ACC, "return predicted == true"), "gives shape (4,); expected shape ()"),
    ],
    "00.2": [
        (f(MOST, "return divmod(int(jnp.argmax(matrix)), matrix.shape[1])"), "The diagonal holds the right"),
        (
            f(MOST, "m = matrix - jnp.diag(jnp.diag(matrix))", "return divmod(int(jnp.argmax(m)), m.shape[1])[::-1]"),
            "the true digit comes first",
        ),
        (f(MOST, "return jnp.argmax(matrix - jnp.diag(jnp.diag(matrix)))"), "flattened matrix"),
        (f(MOST, "return 0, 1"), "gives (0, 1)"),
        (f(MOST, "return matrix"), "a pair (true, predicted) is wanted"),
    ],
    "00.3": [
        ("deeper = (784, 128, 64, 10)", "holds the sizes"),
        (
            "from dlnotes.models import MLP\ndeeper = MLP.init(jax.random.key(0), (784, 128, 10))",
            "only one hidden layer",
        ),
        ("from dlnotes.models import MLP\ndeeper = MLP.init(jax.random.key(0), (28, 128, 64, 10))", "784 pixels"),
        ("from dlnotes.models import MLP\ndeeper = MLP.init(jax.random.key(0), (784, 128, 64, 1))", "ten outputs"),
        ("deeper = lambda x: x", "is not a network"),
    ],
    "01.1": [
        (f("parameters(sizes)", "return sum(a * b for a, b in zip(sizes[:-1], sizes[1:]))"), "has a bias as well"),
        (f("parameters(sizes)", "return sum(a * b for a, b in zip(sizes[:-1], sizes[1:])) + sum(sizes)"), "no bias"),
        (f("parameters(sizes)", "return math.prod(sizes)"), "Only neighbouring layers"),
    ],
    "01.2": [
        ('order = "ABCDEF"', "A cannot come before B"),
        ('order = "FCEADB"', "runs backwards"),
        ('order = "BDAEFF"', "F stands twice"),
        ('order = ["B", "D"]', "has 2 values; 6 are wanted"),
        ('order = "BDAEFC"', "F cannot come before C"),
    ],
    "01.3": [
        (f("paths(widths)", "return sum(widths)"), "counts the units"),
        (f("paths(widths)", "return sum(a * b for a, b in zip(widths[:-1], widths[1:]))"), "counts the connections"),
    ],
    "01.4": [
        (circles("DL", "ML", "DL", "ML"), "people wrote its rules"),
        (circles("AI", "DL", "DL", "ML"), "word counts"),
        (circles("AI", "ML", "ML", "ML"), "learn their own features"),
        (circles("AI", "ML", "DL", "AI"), "decision tree learns"),
        (circles("AI", "ML", "DL", "NN"), 'one of "AI", "ML", "DL"'),
        ('circles = "AI"', "stay a dict"),
    ],
    "02.1": [
        ("and_neuron = (1, 1, -0.5)", "That is OR"),
        ("and_neuron = (-1, -1, 1.5)", "That is NAND"),
        ("and_neuron = (1, 1, -1)", "lies on the boundary"),
        ("and_neuron = (1, 1, -3)", "stays silent at (1, 1)"),
        ("and_neuron = (1, 1)", "3 are wanted: (w1, w2, b)"),
    ],
    "02.2": [
        (gates("(1, 1, -1.5)", "(-1, -1, 1.5)"), "That is AND. Raise the bias"),
        (gates("(1, 1, 0.5)", "(-1, -1, 1.5)"), "With no input the sum is the bias"),
        (gates("(1, 1, -0.5)", "(1, 1, -1.5)"), "turn the signs of all three"),
        (gates("(1, 1, -0.5)", "(-1, -1, 0.5)"), "stays silent at (0, 1)"),
    ],
    "02.3": [
        (xor("[(1, 1, -0.5), (1, 1, -0.5)]", "(1, 1, -0.5)"), "do the same"),
        (xor("[(1, 1, -0.5), (1, 1, -1.5)]", "(1, 1, -0.5)"), "That is OR"),
        (xor(OR_NAND_HIDDEN, "(-1, -1, 1.5)"), "the opposite of XOR"),
        (xor(OR_NAND_HIDDEN, "(1, 1, -0.5)"), "only when both do"),
        (xor("[(1, 0, -0.5), (0, 1, -0.5)]", "(1, 1, -1.5)"), "Try OR and NAND"),
        (xor("[(1, 1), (1, 1)]", "(1, 1, 1)"), "`a hidden neuron` has 2 values"),
        (xor("[(1, -1, -0.5), (-1, 1, -0.5)]", "(1, 1, -0.5)"), "those of the chapter"),
    ],
    "02.4": [
        (f(UPDATE, "return w + rate * y * x, b + rate * y"), "on the right side already"),
        (
            f(UPDATE, "if y * (w @ x + b) > 0: return w, b", "return w - rate * y * x, b - rate * y"),
            "goes the wrong way",
        ),
        (f(UPDATE, "if y * (w @ x + b) > 0: return w, b", "return w + rate * y * x, b"), "the bias moves too"),
        (f(UPDATE, "if y * (w @ x + b) > 0: return w, b", "return w + y * x, b + y"), "The rate is missing"),
        (
            f(UPDATE, "if y * (w @ x + b) >= 0: return w, b", "return w + rate * y * x, b + rate * y"),
            "counts as a mistake",
        ),
        (f(UPDATE, "return w"), "shape ()"),
    ],
    "03.1": [
        (f(SLOPE, "return jax.nn.sigmoid(x)"), "the sigmoid itself"),
        (f(SLOPE, "return x * (1 - x)"), "the sigmoid's value s, not x"),
        (f(SLOPE, "s = jax.nn.sigmoid(x)", "return s * (1 + s)"), "The sign is wrong"),
        (f(SLOPE, "s = jax.nn.sigmoid(x)", "return 1 - s**2"), "tanh's pattern"),
        (f(SLOPE, "return jnp.exp(-x) / (1 + jnp.exp(-x))**2"), "exp overflows"),
    ],
    "03.2": [
        (
            f(LEAKY, "return jnp.maximum(x, 0)"),
            "your leaky ReLU gives 0.0 at x = -2; expected -0.02. That is the plain",
        ),
        (f(LEAKY, "return jnp.where(x > 0, slope * x, x)"), "the wrong side"),
        (f(LEAKY, "return jnp.where(x > 0, x, -slope * x)"), "should be negative"),
        (f(LEAKY, "return jnp.where(x > 0, x, slope)"), "not the constant slope"),
        (f(LEAKY, "return x"), "Nothing happens"),
        (f(LEAKY, "return jnp.where(x > 0, x, 0.01 * x)"), "The slope is an argument"),
        (f(LEAKY, "return x if x > 0 else slope * x"), "jnp.where"),
    ],
    "03.3": [
        (f(SOFT, "return jnp.exp(x)"), "Divide by the sum"),
        (f(SOFT, "return x / x.sum()"), "The exponential is missing"),
        (f(SOFT, "return jax.nn.sigmoid(x)"), "the sigmoid of each number"),
        (f(SOFT, "return jnp.exp(x - x.max(-1, keepdims=True))"), "Shifted well"),
        (f(SOFT, "e = jnp.exp(x)", "return e / e.sum()"), "All rows together"),
        (f(SOFT, "e = jnp.exp(x - x.max())", "return e / e.sum(0)"), "Each column"),
        (f(SOFT, "e = jnp.exp(x)", "return e / e.sum(-1, keepdims=True)"), "infinite in float32"),
    ],
    "03.4": [
        (f(DEAD, "return jnp.sum(jnp.any(z <= 0, axis=0))"), "silent for at least one"),
        (f(DEAD, "return jnp.sum(jnp.all(z < 0, axis=0))"), "At exactly 0"),
        (f(DEAD, "return jnp.mean(jnp.all(z <= 0, axis=0))"), "the fraction"),
        (f(DEAD, "return jnp.all(z <= 0, axis=0)"), "now count them"),
        (f(DEAD, "return jnp.sum(z <= 0)"), "counts single zeros"),
        (f(DEAD, "return jnp.sum(jnp.all(z <= 0, axis=1))"), "counts examples"),
    ],
    "04.1": [
        (f(FORWARD, UNPACK, "return (relu(x) @ w1 + b1) @ w2 + b2"), "after the weighted sum, not before"),
        (f(FORWARD, UNPACK, "return relu(relu(x @ w1 + b1) @ w2 + b2)"), "no activation"),
        (f(FORWARD, UNPACK, "return (x @ w1 + b1) @ w2 + b2"), "one straight line"),
        (f(FORWARD, UNPACK, "return relu(x @ w1) @ w2"), "The biases are missing"),
        (f(FORWARD, UNPACK, "return relu(x @ w1 + b1) @ w2"), "b2 is missing"),
        (f(FORWARD, UNPACK, "return relu(x @ w1) @ w2 + b2"), "b1 is missing"),
        (f(FORWARD, UNPACK, "return relu(x @ w1) @ w2 + b1 @ w2 + b2"), "Add the bias before"),
        (f(FORWARD, UNPACK, "return relu(w1 @ x + b1) @ w2 + b2"), "raises TypeError in line"),
    ],
    "04.2": [
        (shapes(w1="(5, 3)"), "PyTorch stores the transpose"),
        (shapes(b1="(8, 5)"), "one bias per unit"),
        (shapes(hidden="(5,)"), "There are 8 examples"),
        (shapes(output="(2, 8)"), "Examples are rows"),
        (shapes(output="'many'"), "a tuple of sizes"),
    ],
    "04.3": [
        ("width = 70", "Round down, not up"),
        ("width = 64", "there is room for more"),
        ("width = 55050", "how many numbers the deep network has"),
        ("width = 55040 / 795", "a whole number"),
    ],
    "04.4": [
        (f(BUMP, SIG, "return s(k * (x - left)) + s(k * (x - right))"), "add up to 2"),
        (f(BUMP, SIG, "return s(k * (x - right)) - s(k * (x - left))"), "upside down"),
        (f(BUMP, SIG, "return s(k * (x - left)) * (1 - s(k * (x - right)))"), "can only add and subtract"),
        (f(BUMP, SIG, "return s(x - left) - s(x - right)"), "The steepness is missing"),
        (f(BUMP, SIG, "return s(k * (x - left))"), "the first step alone"),
        (f(BUMP, SIG, "return s(k * x - left) - s(k * x - right)"), "the whole bracket"),
    ],
    "05.1": [
        ("slope = 0.75", "The sign is turned"),
        ("slope = -3", "The sigmoid's own slope"),
        ("slope = -0.25", "the slope for b"),
        ("slope = -0.375", "a factor 2"),
        ("slope = -1", "the first factor"),
        ("slope = 0.25", "the factor in the middle"),
        ("slope = 12", "that is not dL/dw"),
    ],
    "05.2": [
        (f(MUL, "return grad * a, grad * b"), "Swapped"),
        (f(MUL, "return b, a"), "multiply by `grad`"),
        (f(MUL, "return grad, grad"), "the rule of a sum"),
        (f(MUL, "return grad * b"), "2 values are wanted"),
    ],
    "05.3": [
        (f(TANH, "return 1 - out**2"), "multiply by `grad`"),
        (f(TANH, "return grad * (1 - jnp.tanh(out)**2)"), "no second tanh"),
        (f(TANH, "return grad * out * (1 - out)"), "the sigmoid's pattern"),
        (f(TANH, "s = jax.nn.sigmoid(out)", "return grad * s * (1 - s)"), "the sigmoid's derivative"),
        (f(TANH, "return grad * (1 - out)"), "The square is missing"),
    ],
    "05.4": [
        (f(DENSE, "return grad_y @ weight.T, grad_y.T @ x, grad_y.sum(0)"), "It is transposed"),
        (f(DENSE, "return grad_y @ weight.T, x.T @ grad_y, grad_y"), "serves every example"),
        (f(DENSE, "return grad_y @ weight.T, x.T @ grad_y, grad_y.mean(0)"), "the mean is the loss's business"),
        (f(DENSE, "return grad_y @ weight.T, x.T @ grad_y / 4, grad_y.sum(0)"), "The mean over the batch"),
        (f(DENSE, "return grad_y @ weight.T, x.T @ grad_y, grad_y.sum(1)"), "the wrong axis"),
        (f(DENSE, "return grad_y @ weight.T, x.T @ grad_y, grad_y.sum(0, keepdims=True)"), "leave out keepdims"),
        (f(DENSE, "return grad_y @ weight.T, x.T @ grad_y, grad_y.sum()"), "for each output unit"),
        (f(DENSE, "return grad_y @ weight, x.T @ grad_y, grad_y.sum(0)"), "raises TypeError in line"),
    ],
    "05.5": [
        ("h = 1e-7", "(rounding)"),
        ("h = 0.5", "(truncation)"),
        ("h = -0.01", "above 0"),
    ],
    "06.1": [
        (f(BCE, "return jnp.sum(jnp.logaddexp(0.0, logits) - logits * targets)"), "That is the sum"),
        (f(BCE, "return jnp.logaddexp(0.0, logits) - logits * targets"), "the loss of each example"),
        (f(BCE, "return -jnp.mean(jnp.logaddexp(0.0, logits) - logits * targets)"), "so it is positive"),
        (f(BCE, "return jnp.mean(jnp.logaddexp(0.0, logits) - logits * (1 - targets))"), "turned round"),
        (f(BCE, "return jnp.mean((jax.nn.sigmoid(logits) - targets) ** 2)"), "mean squared error"),
        (f(BCE, "return -jnp.mean(targets * jax.nn.log_sigmoid(logits))"), "Only the examples with target 1"),
        (
            f(
                BCE,
                "p = jax.nn.sigmoid(logits)",
                "return -jnp.mean(targets * jnp.log(p) + (1 - targets) * jnp.log(1 - p))",
            ),
            "Never form the probability",
        ),
        (
            f(BCE, "p = logits", "return -jnp.mean(targets * jnp.log(p) + (1 - targets) * jnp.log(1 - p))"),
            "The logits are not probabilities",
        ),
    ],
    "06.2": [
        (f(CE, "p = jax.nn.log_softmax(logits)", "return jnp.mean(p[jnp.arange(2), labels])"), "The sign"),
        (f(CE, "p = jax.nn.log_softmax(logits)", "return -jnp.sum(p[jnp.arange(2), labels])"), "That is the sum"),
        (
            f(CE, "p = jax.nn.log_softmax(logits)", "return -jnp.mean(p * jax.nn.one_hot(labels, 3))"),
            "times classes",
        ),
        (f(CE, "return -jnp.mean(jax.nn.log_softmax(logits))"), "All classes count"),
        (f(CE, "return -jnp.mean(logits[jnp.arange(2), labels])"), "not log-probabilities yet"),
        (f(CE, "p = jax.nn.softmax(logits)", "return 1 - jnp.mean(p[jnp.arange(2), labels])"), "the log is missing"),
        (
            f(
                CE,
                "e = jnp.exp(logits)",
                "p = e / e.sum(-1, keepdims=True)",
                "return -jnp.log(p[jnp.arange(2), labels]).mean()",
            ),
            "e to the 1000",
        ),
    ],
    "06.3": [
        (f(GRAD, "return jax.nn.one_hot(label, len(logits)) - jax.nn.softmax(logits)"), "The sign is turned"),
        (f(GRAD, "return jax.nn.softmax(logits)"), "Subtract 1"),
        (f(GRAD, "p = jax.nn.softmax(logits)", "return p * (1 - p)"), "the slope of a sigmoid"),
        (f(GRAD, "return logits - jax.nn.one_hot(label, len(logits))"), "into probabilities first"),
        (f(GRAD, "return (jax.nn.softmax(logits) - jax.nn.one_hot(label, len(logits))) / len(logits)"), "No division"),
        (f(GRAD, "y = jax.nn.one_hot(label, len(logits))", "return -y / jax.nn.softmax(logits)"), "one step further"),
    ],
    "06.4": [
        ("ratio = 0.0133", "That is the inverse"),
        ("ratio = 150.4", "has a factor 2"),
        ("ratio = 37.6", "by a factor 2"),
        ("ratio = -75.2", "is positive"),
        ("ratio = 0.5034", "both"),
        ("ratio = 10", "that is not it"),
    ],
    "07.1": [
        (f(MOMENTUM, "v = decay * velocity + (1 - decay) * grad", "return w - rate * v, v"), "not an average"),
        (f(MOMENTUM, "v = decay * velocity + grad", "return w + rate * v, v"), "goes uphill"),
        (f(MOMENTUM, "v = decay * velocity + grad", "return w - rate * velocity, v"), "the old velocity"),
        (f(MOMENTUM, "v = velocity + grad", "return w - rate * v, v"), "multiply it by decay"),
        (f(MOMENTUM, "v = decay * velocity + grad", "return w - rate * grad, v"), "should follow the velocity"),
        (f(MOMENTUM, "v = decay * velocity + grad", "return w - v, v"), "The rate is missing"),
        (f(MOMENTUM, "return w - rate * grad"), "shape ()"),
    ],
    "07.2": [
        (f(ADAM, *AVERAGES, "return w - 0.001 * m / (jnp.sqrt(v) + 1e-8), m, v"), "bias correction is missing"),
        (f(ADAM, *AVERAGES, *HATS, "return w - 0.001 * mh / jnp.sqrt(vh + 1e-8), m, v"), "inside the root"),
        (f(ADAM, *AVERAGES, *HATS, "return w - 0.001 * mh / (vh + 1e-8), m, v"), "The root is missing"),
        (f(ADAM, *AVERAGES, *HATS, "return w + 0.001 * mh / (jnp.sqrt(vh) + 1e-8), m, v"), "goes uphill"),
        (f(ADAM, *AVERAGES, *HATS, "return w - 0.001 * mh / (jnp.sqrt(vh) + 1e-8), mh, vh"), "Keep m itself"),
        (f(ADAM, *AVERAGES, *HATS, "return w - 0.001 * mh / (jnp.sqrt(vh) + 1e-8), m, vh"), "Keep v itself"),
        (f(ADAM, AVERAGES[0], "v = 0.999 * v + 0.001 * grad", "return w, m, v"), "grad ** 2"),
        (f(ADAM, "m = 0.9 * m + grad", "return w, m, v"), "m is an average"),
        (f(ADAM, "m = 0.1 * m + 0.9 * grad", "return w, m, v"), "swapped"),
        (f(ADAM, AVERAGES[0], "v = 0.9 * v + 0.1 * grad**2", "return w, m, v"), "its own decay"),
    ],
    "07.3": [
        ("rate = 1 / 25", "in one step"),
        ("rate = 2.0", "the flat direction"),
        ("rate = 1.0", "curvature 1"),
        ("rate = 12.5", "Turned over"),
        ("rate = 2 / 26", "do not add up"),
        ("rate = 2 / 5", "is 25, not 5"),
        ("rate = 0.001", "w2 from 1: 0.975"),
    ],
    "07.4": [
        (f(RATES, *SQUARES, "return rate / jnp.sqrt(v), rate / jnp.sqrt(total)"), "the order is"),
        (f(RATES, *SQUARES, "return rate / jnp.sqrt(total / len(grads)), rate / jnp.sqrt(v)"), "it never forgets"),
        (f(RATES, *SQUARES, "return rate / total, rate / jnp.sqrt(v)"), "The root is missing"),
        (f(RATES, *SQUARES, "return rate / jnp.sqrt(total), rate / jnp.sqrt(total)"), "a fading average"),
        (f(RATES, *SQUARES, "return rate / jnp.sqrt(total), rate / v"), "The root is missing"),
        (f(RATES, *SQUARES, "return rate / jnp.sqrt(total), rate / jnp.sqrt(v / (1 - decay))"), "the weight 1 - decay"),
        (
            f(RATES, *SQUARES, "return rate / jnp.sqrt(total), rate / jnp.sqrt(v / (1 - decay ** len(grads)))"),
            "no bias correction",
        ),
    ],
    "08.1": [
        (f(RATE_AT, "return peak * (1 + jnp.cos(jnp.pi * step / steps)) / 2"), "The warm-up is missing"),
        (f(RATE_AT, CLIMB, "return peak * (1 + jnp.cos(jnp.pi * step / steps)) / 2"), "count its steps from there"),
        (f(RATE_AT, CLIMB, "return peak * (1 + jnp.cos(jnp.pi * (step - warm) / steps)) / 2"), "does not reach 0"),
        (f(RATE_AT, CLIMB, PART, "return peak * jnp.cos(jnp.pi * part)"), "cos alone ends at -1"),
        (f(RATE_AT, CLIMB, PART, "return peak * (1 + jnp.cos(jnp.pi * part))"), "Divide by 2"),
        (f(RATE_AT, CLIMB, PART, "return peak * (1 + jnp.cos(2 * jnp.pi * part)) / 2"), "a whole wave"),
        (f(RATE_AT, CLIMB, "return peak"), "falls along half a cosine."),
        (f(RATE_AT, "return peak * step / warm"), "yours climbs on"),
        (
            f(RATE_AT, "if step < warm: return step / warm", PART, "return (1 + jnp.cos(jnp.pi * part)) / 2"),
            "The peak is missing",
        ),
        (f(RATE_AT, "return jnp.zeros(3)"), "holds 3 numbers"),
    ],
    "08.2": [
        (f(READ, "return rates[jnp.nanargmin(losses)]"), "the edge of the cliff"),
        (f(READ, "return jnp.nanmin(losses)"), "That is the lowest loss"),
        (f(READ, "return jnp.nanmin(losses) / 10"), "a tenth of the lowest loss"),
        (f(READ, "return jnp.nanargmin(losses)"), "the place in the row"),
        (f(READ, "return rates[jnp.argmin(losses)] / 10"), "passes over it"),
        (f(READ, "return rates[-1] / 10"), "the last rate"),
        (f(READ, "return 0.1"), "a test that stayed finite"),
    ],
    "08.3": [
        (f(HALVE, "return networks * first // last // 2, 0"), "One halving too many"),
        (f(HALVE, "return 2 * networks * first // last, 0"), "One halving too few"),
        (f(HALVE, "return networks, 0"), "The worse half is dropped"),
        (f(HALVE, "left = networks * first // last", "return left, networks * last"), "most of them stop early"),
        (f(HALVE, "left = networks * first // last", "return left, left * last"), "have cost steps as well"),
        (f(HALVE, "left = networks * first // last", "return left, networks * first"), "one rung alone"),
        (
            f(
                HALVE,
                "seen, cost = first, networks * first",
                "while seen < last: networks, seen = networks // 2, 2 * seen; cost += networks * seen",
                "return networks, cost",
            ),
            "Nobody begins again",
        ),
        (
            f(
                HALVE,
                "seen, cost = first, networks * first",
                "while seen < last: networks = networks // 2; cost += networks * seen; seen *= 2",
                "return cost, networks",
            ),
            "The order is",
        ),
        (f(HALVE, "return networks"), "2 values are wanted"),
    ],
    "08.4": [
        ("three = (64, 0.9988, 29)", "share one value"),
        ("three = (12, 0.9988, 29)", "only the rate's axis"),
        ("three = (16, 0.9988, 29)", "how many different values"),
        ("three = (4, 0.9**64, 29)", "all 64 miss"),
        ("three = (4, 1.0, 29)", "if seldom"),
        ("three = (4, 6.4, 29)", "at most 1"),
        ("three = (4, 1 - 0.9**4, 29)", "a rate of their own"),
        ("three = (4, 0.1, 29)", "of one draw"),
        ("three = (4, 0.1**64, 29)", "every one hits"),
        ("three = (4, 1 - 0.9**64, 28)", "just too few"),
        ("three = (4, 1 - 0.9**64, 10)", "often not at all"),
        ("three = (4, 1 - 0.9**64, 59)", "fewer suffice"),
        ("three = (4, 1 - 0.9**64, 28.43)", "rounded up"),
        ("three = (4, 1 - 0.9**64, 20)", "0.8784"),
    ],
    "09.1": [
        (early(give="keep - 1, epoch - 1"), "counted from 1"),
        (early(give="keep - 1, epoch"), "counted from 1"),
        (early(give="epoch, keep"), "The order is (keep, stop)"),
        (early(give="jnp.argmin(losses) + 1, epoch"), "nobody saw its loss"),
        (f(EARLY, "return jnp.argmin(losses) + 1, len(losses)"), "has not stopped early"),
        (early(give="epoch, epoch"), "not the last one's"),
        (early(wait="epoch - keep > patience"), "One epoch too late"),
        (early(wait="epoch - keep >= patience - 1"), "One epoch too early"),
        (early(better="loss <= best"), "Equally low is not lower"),
        (
            f(
                EARLY,
                "keep, best, waited = 1, losses[0], 0",
                "for epoch, loss in enumerate(losses[1:], start=2):",
                "    if loss < best: keep, best = epoch, loss",
                "    else: waited += 1",
                "    if waited == patience: return keep, epoch",
                "return keep, len(losses)",
            ),
            "sets the count back to 0",
        ),
        (
            f(
                EARLY,
                "rises = 0",
                "for i in range(1, len(losses)):",
                "    rises = rises + 1 if losses[i] >= losses[i - 1] else 0",
                "    if rises == patience: return jnp.argmin(losses[: i + 1]) + 1, i + 1",
                "return jnp.argmin(losses) + 1, len(losses)",
            ),
            "with patience 3 yours is (15, 15); expected (6, 9). Whoever trains to the end",
        ),
        (f(EARLY, "return 6, 9"), "with patience 2 yours is (6, 9); expected (2, 4)."),
        (f(EARLY, "return 5"), "2 values are wanted"),
    ],
    "09.2": [
        (f(SHRINK, "p = rate * strength", "return w - p * jnp.sign(w), w - p * w"), "the order is (l2, l1)"),
        (f(SHRINK, "p = rate * strength", "return w + p * w, w + p * jnp.sign(w)"), "Downhill"),
        (f(SHRINK, "p = rate * strength", "return w - 2 * p * w, w"), "yours has a factor 2"),
        (f(SHRINK, "p = rate * strength", "return w - p * w / 2, w"), "without the half"),
        (f(SHRINK, "p = rate * strength", "return w - p * w**2 / 2, w"), "the penalty itself"),
        (f(SHRINK, "return w - strength * w, w"), "The rate is missing"),
        (f(SHRINK, "return w - rate * w, w"), "The strength is missing"),
        (f(SHRINK, "p = rate * strength", "return p * w, p * jnp.sign(w)"), "what is subtracted"),
        (f(SHRINK, "return strength * w, strength * jnp.sign(w)"), "That is the gradient"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, w - p * w"), "the size of w does not matter"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, w - p"), "towards 0"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, w + p * jnp.sign(w)"), "Downhill"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, w - p * jnp.abs(w)"), "the penalty itself"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, w - p * w / jnp.abs(w)"), "0 / 0 at w = 0"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, w - p * jnp.where(w > 0, 1, -1)"), "0 stays"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, w - p * jnp.where(w < 0, -1, 1)"), "0 stays"),
        (f(SHRINK, "return w - rate * strength * w, w - strength * jnp.sign(w)"), "The rate is missing"),
        (f(SHRINK, "return w - rate * strength * w, w - rate * jnp.sign(w)"), "The strength is missing"),
        (f(SHRINK, "p = rate * strength", "return w - p * w, p * jnp.sign(w)"), "what is subtracted"),
        (f(SHRINK, "return w - rate * strength * w, strength * jnp.sign(w)"), "That is the gradient"),
        (
            f(
                SHRINK,
                "p = rate * strength",
                "return w - p * w, jnp.sign(w) * jnp.maximum(jnp.abs(w) - p, 0)",
            ),
            "a plain step goes past it",
        ),
        (f(SHRINK, "return w - rate * strength * w"), "has 6 values; 2 are wanted"),
    ],
    "09.3": [
        (f(MIX, "return images, jax.nn.one_hot(labels, 3)"), "as they were"),
        (f(MIX, "return images[other], labels"), "the partners alone"),
        (f(MIX, HOT, "return (1 - s) * images + s * images[other], t"), "Turned round: share belongs to the image"),
        (f(MIX, "return share * images + (1 - share) * images[other], labels"), "runs along the columns"),
        (f(MIX, "s = share[:, None]", "return s * images + (1 - s) * images[other], labels"), "along the rows"),
        (f(MIX, "s = share[0]", "return s * images + (1 - s) * images[other], labels"), "a share of its own"),
        (f(MIX, "s = share.mean()", "return s * images + (1 - s) * images[other], labels"), "a share of its own"),
        (f(MIX, "return (images + images[other]) / 2, labels"), "a share of its own"),
        (f(MIX, "return images + images[other], labels"), "Weigh the two with"),
        (f(MIX, HOT, "return s * images + images[other], t"), "The partner weighs 1 - share"),
        (f(MIX, HOT, "return s * images + (1 - s) * images.at[other].set(images), t"), "is images[other[i]]"),
        (f(MIX, HOT, BLENDED, "return mixed, t"), "must tell of both"),
        (f(MIX, HOT, BLENDED, "return mixed, labels"), "must tell of both"),
        (f(MIX, HOT, BLENDED, "return mixed, t[other]"), "the partners' targets"),
        (f(MIX, HOT, BLENDED, "return mixed, (1 - s) * t + s * t[other]"), "the image's own label"),
        (
            f(MIX, HOT, BLENDED, "return mixed, share * labels + (1 - share) * labels[other]"),
            "gives shape (3,); expected shape (3, 3). Class numbers cannot be blended",
        ),
        (f(MIX, HOT, BLENDED, "return mixed, share * t + (1 - share) * t[other]"), "runs along the classes"),
        (f(MIX, HOT, BLENDED, "return mixed, (t + t[other]) / 2"), "Weigh the two labels"),
        (f(MIX, HOT, BLENDED, "return mixed, t + t[other]"), "Weigh the two labels"),
    ],
    "09.4": [
        (f(ENSEMBLE, "return net(h)"), "the net without dropout"),
        (f(ENSEMBLE, "return net(h / (1 - rate))"), "one net with nothing dropped"),
        (eight("1 / 8"), "not equally likely: each unit stays"),
        (eight("1 / 8", "net(m * h)"), "What stays is divided by 1 - rate."),
        (eight("1"), "the sum of the eight answers"),
        (eight(RIGHT_CHANCE, "net(m * h)"), "What stays is divided by 1 - rate."),
        (eight("rate ** k * (1 - rate) ** (3 - k)"), "Turned round"),
        (eight("rate ** k * (1 - rate) ** (3 - k)", "net(m * h / rate)"), "Turned round"),
        (eight(RIGHT_CHANCE, "net(m * h * (1 - rate))"), "not multiplied"),
        (eight(RIGHT_CHANCE, masks="list(np.ndindex(2, 2, 2))[1:]"), "The eighth net"),
        (eight("(1 - rate) ** k"), "A dropped unit has a probability too"),
        (eight("(1 - rate) ** k"), "[1 0 1]        0.125"),
        (f(ENSEMBLE, "return 0.25"), "gives 0.25 at rate 0.5 for the net relu(w @ h + b)"),
    ],
    "10.1": [
        ("std = (2 / 400) ** 0.5", "He's rule for ReLU"),
        ("std = 400 ** -0.5", "without any activation"),
        ("std = 0.004", "That is the variance"),
        ("std = (2 / (400 * 1.5)) ** 0.5", "feels its square"),
        ("std = (1.25 / 800) ** 0.5", "Turned over"),
        ("std = (2 / 1.25) ** 0.5", "divide by 400 too"),
        ("std = (1 / 500) ** 0.5", "Half of the inputs are negative"),
        ("std = 0.1", "multiplies the mean square by 2.5, and 50 layers by 7.889e+19"),
        ("std = 1e9", "50 layers by inf"),
    ],
    "10.2": [
        (
            f(NORM, "z = (x - x.mean(1, keepdims=True)) / jnp.sqrt(x.var(1, keepdims=True) + 1e-5)", SCALED),
            "layer norm",
        ),
        (f(NORM, "z = (x - x.mean(0)) / jnp.sqrt(x.var(0, ddof=1) + 1e-5)", SCALED), "not by m - 1"),
        (f(NORM, Z, "return z"), "Scale and bias are missing"),
        (f(NORM, Z, "return scale * z"), "The bias is missing"),
        (f(NORM, Z, "return bias * z + scale"), "swapped"),
        (f(NORM, Z, "return scale * (z + bias)"), "Scale first"),
        (f(NORM, "z = (x - x.mean(0)) / (x.var(0) + 1e-5)", SCALED), "the root of the variance"),
        (f(NORM, "z = x - x.mean(0)", SCALED), "division by the standard deviation is missing"),
        (f(NORM, "z = x / jnp.sqrt(x.var(0) + 1e-5)", SCALED), "The mean is not subtracted"),
        (f(NORM, "z = (x - x.mean()) / jnp.sqrt(x.var() + 1e-5)", SCALED), "One mean over everything"),
        (f(NORM, "z = (x - x.mean(0)) / x.std(0)", SCALED), "its variance is 0: add 1e-5"),
    ],
    "10.3": [
        (f(PREDICT, "return (x - x.mean(0)) / jnp.sqrt(x.var(0) + 1e-5)"), "mean and variance of x itself"),
        (f(PREDICT, "m, v = 0.0, 1.0", *fade("1 - decay"), NORMAL), "swapped"),
        (f(PREDICT, "m, v = 0.0, 0.0", *fade("decay"), NORMAL), "begins at 1, not at 0"),
        (f(PREDICT, "m, v = 1.0, 1.0", *fade("decay"), NORMAL), "begins at 0"),
        (f(PREDICT, "m, v = 0.0, 1.0", *fade("decay", "ddof=1"), NORMAL), "not by one less"),
        (f(PREDICT, "m, v = batches[-1].mean(0), batches[-1].var(0)", NORMAL), "the last batch's numbers"),
        (f(PREDICT, "m, v = batches.mean((0, 1)), batches.var((0, 1))", NORMAL), "all batches together"),
        (f(PREDICT, "m, v = batches.mean((0, 1)), batches.var(1).mean(0)", NORMAL), "the plain average"),
        (f(PREDICT, "m, v = 0.0, 1.0", *fade("decay"), "return (x - m) / (v + 1e-5)"), "the root of the variance"),
    ],
    "10.4": [
        ("factor = 0.5", "The gradient halves"),
        ("factor = 1", "but the gradient is not"),
        ("factor = 2", "turns less, not more"),
        ("factor = 4", "Turned over"),
        ("factor = 0.0", "but not zero"),
        ("factor = 0.3", "its slopes by w2 are 1 and 0.5"),
    ],
    "11.1": [
        (f(ENERGY, "return a @ v + b @ h + v @ W @ h"), "lower the energy"),
        (f(ENERGY, "return -(v @ W @ h)"), "The biases are missing"),
        (f(ENERGY, "return -(v @ W @ h) - a @ v"), "The hidden biases"),
        (f(ENERGY, "return -(v @ W @ h) - b @ h"), "The visible biases"),
        (f(ENERGY, "return a @ v + b @ h - v @ W @ h"), "All three terms"),
        (f(ENERGY, "return jnp.exp(a @ v + b @ h + v @ W @ h)"), "the weight of the state"),
        (f(ENERGY, "return -(v @ a) - h @ b - h @ W @ v"), "raises TypeError"),
        (f(ENERGY, "return -(v @ a) - h * b - (v @ W) * h"), "gives shape (2,); expected shape ()"),
    ],
    "11.2": [
        (f(FREE, "return v @ a + jax.nn.softplus(v @ W + b).sum(-1)"), "minus that"),
        (f(FREE, "return -jax.nn.softplus(v @ W + b).sum(-1)"), "The visible biases are missing"),
        (f(FREE, "return -(v @ a) + jax.nn.softplus(v @ W + b).sum(-1)"), "Both terms"),
        (f(FREE, "return -(v @ a) - (v @ W + b).sum(-1)"), "off as well as on"),
        (f(FREE, "return -(v @ a) - jax.nn.relu(v @ W + b).sum(-1)"), "the lowest energy over h"),
        (f(FREE, "return -(v @ a) - jax.nn.softplus(v @ W).sum(-1)"), "The hidden biases are missing"),
        (f(FREE, "return -(v @ a) - jax.nn.logsumexp(v @ W + b, -1)"), "a sum of logs"),
        (f(FREE, "return (-(v @ a) - jax.nn.softplus(v @ W + b).sum(-1)).sum()"), "one number per row"),
        (f(FREE, "return -(v @ a) - jnp.log(1 + jnp.exp(v @ W + b)).sum(-1)"), "overflows"),
        (f(FREE, "return -(v @ a) - jax.nn.softplus(v @ W + b)"), "raises"),
    ],
    "11.3": [
        (f(CD, "return (v1.T @ h1 - v0.T @ h0) / len(v0)"), "Turned round"),
        (f(CD, "return v0.T @ h0 - v1.T @ h1"), "Divide by the number of examples"),
        (f(CD, "return v0.T @ h0 / len(v0)"), "only grows"),
        (f(CD, "return (h0.T @ v0 - h1.T @ v1) / len(v0)"), "Transposed"),
        (f(CD, "return (v0 - v1).T @ (h0 - h1) / len(v0)"), "not a product of two differences"),
        (f(CD, "return (v0 - v1).T @ h0 / len(v0)"), "belongs to v1"),
    ],
    "11.4": [
        ("terms = 2**26", "every joint state"),
        ("terms = 2**16", "more states than needed"),
        ("terms = 16 + 10", "count states"),
        ("terms = 16 * 10", "the number of weights"),
        ("terms = 10", "doubles the number"),
        ("terms = 10**2", "doubles the number"),
        ("terms = 2**16 + 2**10", "One of the two"),
        ("terms = 512", "your count is 512"),
    ],
}
