"""How checkpoints are analysed."""

from typing import NamedTuple

from weightscape.config.spectra import DEFAULTS, Spectra


class Options(NamedTuple):
    """How checkpoints are analysed.

    Attributes
    ----------
    spectra : Spectra
        Which of the costly quantities are computed, and the forms of convolutions.
    threads : int
        Cores to use.
    max_memory : float or None
        What the analysis of one layer may take, in GB; what is free where None.
    """

    spectra: Spectra = DEFAULTS
    threads: int = 1
    max_memory: float | None = None

    @property
    def compares(self) -> bool:
        """Whether a matrix is compared with the base's, beside the analysis of their difference.

        `alpha_fixed_k` comes with what else is compared: alone it is not worth the eigenvalues of
        the base, half of the time that the rest takes without a null and intervals.
        """
        return self.spectra.log_spectrum_distance or self.spectra.compares_vectors
