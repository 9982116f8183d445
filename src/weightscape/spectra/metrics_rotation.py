"""Columns of the table `spectra`: how far the leading singular vectors have turned."""

from collections.abc import Iterator

from weightscape.config.metric import Metric

SIDES = ("left", "right")
"""The sides of a matrix: its left singular vectors are of the outputs, the right ones of inputs."""

SIZES = (1, 5, 10)
"""Dimensions of the leading subspaces that are compared."""

_ANGLES = "Björck & Golub 1973, doi:10.2307/2005662; 1 − φ of Hu et al. 2021, arXiv:2106.09685"
_CHANCE = "James 1954, doi:10.1214/aoms/1177728846"


def _declare(side: str) -> Iterator[Metric]:
    for k in SIZES:
        many = f"subspaces of the {k} leading {side} singular vectors"
        yield Metric(
            f"rotation_{side}_{k}",
            "Mean squared sine of the principal angles between the "
            + (many if k > 1 else f"leading {side} singular vectors")
            + ", fine-tuned and initial: 0 where it has not turned, 1 where it is orthogonal. Of"
            " the stage finetuned only; missing where vectors_reason says why.",
            source=_ANGLES,
            since_start=True,
            chance=f"rotation_chance_{side}_{k}",
        )
        yield Metric(
            f"rotation_chance_{side}_{k}",
            f"What rotation_{side}_{k} is on average between random directions: 1 − {k}/n in n"
            " dimensions.",
            source=_CHANCE,
            compared=False,
        )
    yield Metric(
        f"subspace_{side}",
        f"1 − rotation_{side}_{max(SIZES)}: the mean squared cosine of the same angles.",
        source=_ANGLES,
        compared=False,
    )
    yield Metric(
        f"overlap_{side}",
        f"Mean of |u·u′| of the {side} singular vectors u of the fine-tuned and u′ of the initial"
        " matrix that have the same place, of the ten leading those whose singular value is apart"
        " from its neighbours; two that change places count as turned. By chance about √(2/πn) in"
        " n dimensions. Of the stage finetuned only.",
        source="diffract-core 0.3.1",
    )


ROTATION = (
    *(metric for side in SIDES for metric in _declare(side)),
    Metric(
        "num_intruders",
        "How many of the ten leading left singular vectors of the fine-tuned matrix have a cosine"
        " below spectra.intruder_cosine with every one of the initial matrix.",
        source="Shuttleworth et al. 2025, arXiv:2410.21228",
        since_start=True,
        type="count",
    ),
    Metric(
        "vectors_reason",
        "Why a rotation, overlap or count of intruders is missing; empty where none is. Missing"
        " where vectors are not compared at all.",
        compared=False,
        type="text",
    ),
)
