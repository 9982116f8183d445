"""What a study means by accuracy."""

from typing import Literal, get_args

Score = Literal["accuracy", "balanced_accuracy", "auroc"]
"""The scores that a study may mean by accuracy: columns of the table `scores`."""

SCORES: tuple[Score, ...] = get_args(Score)

BESIDE: dict[str, str] = {"balanced_accuracy": "auroc"}
"""The score that is shown beside another, to part the order of images from a threshold's place."""

WORDS = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "auroc": "AUROC"}
"""What a score is called in sentences."""
