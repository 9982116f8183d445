"""The dataset's own images of domains that are not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled
    from weightscape.shifts.source import Source


class Options(Section):
    """Which domain is tested."""

    severities: tuple[Literal[1]] = Field(
        default=(1,), description="A change of domain has one severity."
    )
    domain: str | None = Field(
        default=None,
        description="Name of the domain; all that are not trained on together when missing.",
    )


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return all images of a domain elsewhere, or of all domains elsewhere, in their order.

    Parameters
    ----------
    source : Source
        Its images elsewhere are what is returned.
    severity : int
        Has to be 1.
    options : Options
        The domain.
    seed : int
        Not used: nothing is random.

    Raises
    ------
    ValueError
        If the dataset has no images elsewhere, or none of this domain, or `severity` is not 1.
    """
    import numpy as np

    if severity != 1:
        raise ValueError(f"the shift `domain` has the one severity 1, not {severity}")
    elsewhere = source.elsewhere
    if elsewhere is None or not len(elsewhere):
        raise ValueError(
            "the shift `domain` needs a dataset that leaves out domains by held_out or"
            " train_domains; this one does not, so its shifts must be named without it"
        )
    if options.domain is None:
        return elsewhere
    there = [elsewhere.domain_names[k] for k in np.unique(elsewhere.domains)]
    if options.domain not in there:
        raise ValueError(
            f"the shift `domain` asks for {options.domain!r}; the domains that are not trained on"
            f" are {', '.join(there)}"
        )
    wanted = elsewhere.domain_names.index(options.domain)
    return elsewhere.subset(np.flatnonzero(elsewhere.domains == wanted))
