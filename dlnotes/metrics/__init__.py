"""Metrics: how good a classifier is, in numbers people understand. They are read, not differentiated.

Predictions come first, labels second (scikit-learn has it the other way round). A prediction is a class number per
example, or a row of scores (logits or probabilities), of which the largest wins.
"""

from dlnotes.metrics.classes import accuracy, confusion_matrix, f1, precision, recall, top_k_accuracy
from dlnotes.metrics.roc import RocCurve, roc_auc, roc_curve

__all__ = [
    "RocCurve",
    "accuracy",
    "confusion_matrix",
    "f1",
    "precision",
    "recall",
    "roc_auc",
    "roc_curve",
    "top_k_accuracy",
]
