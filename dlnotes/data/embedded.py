"""Small real data sets that scikit-learn carries: no network, a fraction of a second each."""

from typing import Any

import numpy as np

from dlnotes.data._dataset import Dataset


def digits() -> Dataset:
    """1,797 handwritten digits as tiny pictures of 8 × 8 pixels, 43 people's hands.

    `x` is (1797, 8, 8, 1) with pixels in [0, 1] (17 grey levels, 0 is paper); `y` is 0 … 9, 174 to 183 of each.

    Source: the test part of the UCI Optical Recognition of Handwritten Digits data, E. Alpaydin and C. Kaynak, 1998,
    doi 10.24432/C50P49, CC BY 4.0. Costs 0.5 MB of memory.

    Example:
        >>> digits()
        Dataset('digits', 1,797 examples of shape (8, 8, 1), 10 classes)

    Notebook: 00_start_here.
    """
    from sklearn.datasets import load_digits

    raw: Any = load_digits()
    return Dataset(
        raw.images[..., None] / 16.0,
        raw.target,
        name="digits",
        class_names=tuple("0123456789"),
        source="UCI Optical Recognition of Handwritten Digits (test part), Alpaydin & Kaynak 1998, CC BY 4.0.",
    )


def breast_cancer() -> Dataset:
    """569 tumours described by 30 measurements of cell nuclei: 212 malignant (class 0), 357 benign (class 1).

    `x` is (569, 30) in raw units of the microscope picture (areas up to 4,254, smoothness around 0.1): standardise.

    Source: Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street and W. Street, 1995,
    doi 10.24432/C5DW2B, CC BY 4.0. Costs 0.1 MB of memory. Not for diagnosis.

    Example:
        >>> breast_cancer()
        Dataset('breast cancer', 569 examples of shape (30,), 2 classes)

    Notebook: 02_neuron_and_perceptron.
    """
    from sklearn.datasets import load_breast_cancer

    source = "Breast Cancer Wisconsin (Diagnostic), Wolberg et al. 1995, UCI, CC BY 4.0."
    return _table(load_breast_cancer(), "breast cancer", source)


def wine() -> Dataset:
    """178 Italian wines described by 13 chemical measurements: 59, 71 and 48 from three growers.

    `x` is (178, 13) in raw units (alcohol in per cent by volume, proline in mg/l up to 1,680): standardise.

    Source: Wine, S. Aeberhard and M. Forina, 1991, UCI, doi 10.24432/C5PC7J, CC BY 4.0.

    Example:
        >>> wine()
        Dataset('wine', 178 examples of shape (13,), 3 classes)

    Notebook: 06_loss_functions.
    """
    from sklearn.datasets import load_wine

    return _table(load_wine(), "wine", "Wine, Aeberhard & Forina 1991, UCI, CC BY 4.0.")


def iris() -> Dataset:
    """150 iris flowers of three species, 50 each, described by the length and width of sepal and petal in cm.

    Setosa is parted from the others by a straight line; versicolor and virginica overlap.

    Source: R. A. Fisher, *The use of multiple measurements in taxonomic problems*, 1936; doi 10.24432/C56C76,
    CC BY 4.0. scikit-learn's copy corrects two rows of the UCI file, following Fisher's paper.

    Example:
        >>> iris().class_names
        ('setosa', 'versicolor', 'virginica')

    Notebook: 02_neuron_and_perceptron.
    """
    from sklearn.datasets import load_iris

    return _table(load_iris(), "iris", "Iris, R. A. Fisher 1936, UCI, CC BY 4.0.")


def diabetes() -> Dataset:
    """442 patients described by 10 measurements; `y` is the progression of diabetes a year later, 25 … 346.

    `x` is (442, 10) in raw units: age in years, sex coded 1 and 2, body-mass index, blood pressure and six blood
    values. scikit-learn's default has every column scaled over all patients, the later test part included;
    here it is left raw, so that `Standardize` can learn from the training part only.

    Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, *Least angle regression*, 2004 (arXiv math/0406456).

    Example:
        >>> diabetes()
        Dataset('diabetes', 442 examples of shape (10,), regression)

    Notebook: 06_loss_functions.
    """
    from sklearn.datasets import load_diabetes

    return _table(load_diabetes(scaled=False), "diabetes", "Diabetes, Efron et al. 2004, Annals of Statistics 32.")


def _table(raw: Any, name: str, source: str) -> Dataset:
    classes = tuple(str(label) for label in raw.get("target_names", ())) if raw.target.dtype.kind in "iu" else ()
    features = tuple(str(label) for label in raw.feature_names)
    target = np.asarray(raw.target)
    return Dataset(raw.data, target, name=name, feature_names=features, class_names=classes, source=source)
