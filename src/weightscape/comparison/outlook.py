"""What every claim of a planned study can find, given what is known of noise and sizes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from weightscape.comparison.claims import EXTENDED
from weightscape.comparison.design import Pooled, Required, UnforeseenError, find_required
from weightscape.comparison.evidence import Evidence, NotTestableError
from weightscape.comparison.known import Known, find_noise, find_own, find_size
from weightscape.comparison.power import POWER, Criterion, Noise, count_seeds, find_smallest
from weightscape.config.claims import EXTENDED_PAPER, Claim

SEEDS_LEFT = 3
"""Seeds that it takes to judge a likeness, or what is left without the amount of training."""


class Outlook(NamedTuple):
    """What a planned study can find of a claim.

    Attributes
    ----------
    claim, paper : str
        Its name, and where it is made.
    what, test, metric : str
        The test that decides, its kind, and its metric: of those that are needed the hardest.
    smallest : float
        The smallest size that is found, NaN where that is not foreseen: of an effect, or of the
        margin within which no effect is shown.
    size : float
        What it has to be compared with, a margin or a given effect; NaN where nothing says it.
    seeds : int or None
        Seeds that find this size; None where `MOST_SEEDS` do not, or no size is known.
    n_tests : int
        Tests that are needed; where one of them is enough, those it may be.
    one_is_enough : bool
        Whether it is; then the easiest test decides, at the level over their number.
    lacking : str
        What the study lacks for the claim; empty where it can be tested.
    unforeseen : str
        Why nothing is foreseen of a claim that can be tested; empty where it is.
    """

    claim: str
    paper: str
    what: str = ""
    test: str = ""
    metric: str = ""
    smallest: float = np.nan
    size: float = np.nan
    seeds: int | None = None
    n_tests: int = 0
    one_is_enough: bool = False
    lacking: str = ""
    unforeseen: str = ""


class _Set(NamedTuple):
    """One set of a planned study, what a claim needs there, and a finished one to compare with."""

    planned: Pooled
    required: list[Required]
    finished: Pooled | None


class _Found(NamedTuple):
    """A test on a set: what it asks, its noise, the size to find and the smallest that is found.

    `scale` is what tests that no size is known of are compared by: what fine-tuning does to the
    weights, or else the noise.
    """

    required: Required
    criterion: Criterion
    noise: Noise
    size: float
    scale: float
    smallest: float

    @property
    def hardness(self) -> float:
        """How much more than is there has to be there; of tests that are alike it is the same."""
        return float(f"{self.smallest / (self.size if self.is_sized else self.scale):.3g}")

    @property
    def is_sized(self) -> bool:
        """Whether a size is known that it has to find."""
        return bool(np.isfinite(self.size))


def foresee_claims(
    claims: Sequence[Claim], planned: Sequence[Pooled], n_seeds: int, known: Known
) -> list[Outlook]:
    """Return what a planned study can find of every claim, without the classifier.

    Of several data sets and backbones it is the hardest, and a claim is found where it is on all of
    them. A claim of which one part is enough is decided by its easiest test, at the level over
    their number.

    Parameters
    ----------
    claims : sequence of Claim
        The claims of the study.
    planned : sequence of Pooled
        Its sets, see `weightscape.comparison.design.design_study`.
    n_seeds : int
        Its seeds, two at least.
    known : Known
        What is known of noise and sizes. A set that the finished study does not have is foreseen
        from all that it has, and the hardest taken.

    Returns
    -------
    list of Outlook
        In the order of the claims, each followed by its extension if that can be tested.
    """
    found = []
    for claim in claims:
        for each, outside in _extend(claim, planned):
            outlook = _foresee_claim(each, _look_at(each, planned, outside), n_seeds, known)
            if not (outside and outlook.lacking):
                found.append(outlook)
    return found


def _extend(claim: Claim, planned: Sequence[Pooled]) -> Iterator[tuple[Claim, bool]]:
    """Yield the claim, and its extension to conditions that it is not about, if there are any."""
    yield claim, False
    groups = [group for part in claim.parts for group in (*part.of, *filter(None, [part.like]))]
    families = {family for group in groups for family in group.families} & {*claim.about}
    if any(evidence.has_outside(families) for _, evidence in _look_at(claim, planned, False)):
        about = {"claim": claim.claim + EXTENDED, "paper": claim.paper + EXTENDED_PAPER}
        yield claim.model_copy(update=about), True


def _look_at(claim: Claim, sets: Sequence[Pooled], outside: bool) -> list[tuple[Pooled, Evidence]]:
    return [
        (
            each,
            Evidence(
                each.effects,
                "body",
                from_scratch=claim.from_scratch,
                about=claim.about,
                outside=outside,
            ),
        )
        for each in sets
    ]


def _foresee_claim(
    claim: Claim, planned: Sequence[tuple[Pooled, Evidence]], n_seeds: int, known: Known
) -> Outlook:
    outlook = Outlook(claim.claim, claim.paper, one_is_enough=claim.combine == "any")
    if claim.needs:
        return outlook._replace(lacking=f"needs {claim.needs}")
    sets: list[_Set] = []
    lacking: list[str] = []
    n_tested = 0
    for each, evidence in planned:
        try:
            required, missing = find_required(claim, evidence)
        except UnforeseenError as error:
            if n_seeds < SEEDS_LEFT:
                return outlook._replace(lacking=f"needs {SEEDS_LEFT} seeds")
            return outlook._replace(unforeseen=str(error))
        lacking += missing
        if not missing:
            n_tested += 1
            sets += [_Set(each, required, other) for other in _find_alike(each, known.finished)]
    if not sets:
        return outlook._replace(lacking="; ".join(dict.fromkeys(lacking)))
    # All sets have to show it, which happens less often than on one of them.
    power = POWER ** (1 / n_tested)
    try:
        found = [_decide(claim, each, n_seeds, known, power) for each in sets]
    except NotTestableError as error:
        return outlook._replace(unforeseen=str(error))
    hardest = _choose(found)
    test, seeds = hardest.required, None
    if hardest.is_sized:
        seeds = count_seeds(hardest.criterion, hardest.noise, hardest.size, power)
    return outlook._replace(
        what=test.what,
        test=test.part.test,
        metric=test.metric,
        smallest=hardest.smallest,
        size=hardest.size,
        seeds=seeds,
        n_tests=len(sets[0].required),
    )


def _find_alike(planned: Pooled, finished: Sequence[Pooled]) -> Sequence[Pooled | None]:
    """Return the finished sets that a planned one is foreseen from: its own, or else all."""
    own = [
        each
        for each in finished
        if (each.effects.group, each.effects.backbone)
        == (planned.effects.group, planned.effects.backbone)
    ]
    return own or finished or [None]


def _decide(claim: Claim, of: _Set, n_seeds: int, known: Known, power: float) -> _Found:
    """Return the test that decides on a set."""
    finished, domains = None, 1
    if of.finished is not None:
        finished = Evidence(of.finished.effects, "body", from_scratch=claim.from_scratch)
        domains = of.finished.domains
    one_is_enough = claim.combine == "any"
    found = []
    for required in of.required:
        criterion = required.criterion
        if one_is_enough:
            criterion = criterion._replace(level=criterion.level / len(of.required))
        noise = find_noise(required.metric, finished, domains, known)
        noise = noise.scale(of.planned.domains**-0.5)
        size, own = find_size(required, finished, known), find_own(required.metric, finished)
        scale = own if np.isfinite(own) else sum(noise)
        smallest = find_smallest(criterion, noise, n_seeds, power)
        found.append(_Found(required, criterion, noise, size, scale, smallest))
    return _choose(found, easiest=one_is_enough)


def _choose(found: Sequence[_Found], easiest: bool = False) -> _Found:
    """Return the hardest test, or the easiest: of those that a size is known of, if there are."""
    sized = [one for one in found if one.is_sized] or found
    return (min if easiest else max)(sized, key=lambda one: one.hardness)
