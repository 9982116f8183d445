"""The dataset's own images of domains that are not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.config.shift import Unshifted
from weightscape.shifts._severities import OneSeverity

if TYPE_CHECKING:
    from weightscape.data.examples import Examples


class Domain(OneSeverity):
    """All images of a domain elsewhere, or of all domains elsewhere, in their order."""

    domain: str | None = Field(
        default=None,
        description="Name of the domain; all that are not trained on together when missing.",
    )

    def make(self, unshifted: Unshifted, seed: int) -> Examples:
        """Return the images elsewhere; nothing is random.

        Raises
        ------
        ValueError
            If the dataset has no images elsewhere, or none of this domain.
        """
        import numpy as np

        elsewhere = unshifted.elsewhere
        if elsewhere is None or not len(elsewhere):
            raise ValueError(
                "the shift `domain` needs a dataset that leaves out domains by held_out or"
                " train_domains; this one does not, so its shifts must be named without it"
            )
        if self.domain is None:
            return elsewhere
        there = [elsewhere.domain_names[k] for k in np.unique(elsewhere.domains)]
        if self.domain not in there:
            raise ValueError(
                f"the shift `domain` asks for {self.domain!r}; the domains that are not trained on"
                f" are {', '.join(there)}"
            )
        wanted = elsewhere.domain_names.index(self.domain)
        return elsewhere.subset(np.flatnonzero(elsewhere.domains == wanted))
