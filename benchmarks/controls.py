"""Make `controls.parquet` of a finished study: ``python -m benchmarks.controls TABLES``."""

import sys
from pathlib import Path

import pandas as pd

from benchmarks.amounts import METRICS, REAL


def main(tables: Path) -> None:
    """Write the metrics of every run, and of the initial weights, by layer and seed.

    A metric of the tail is missing where a layer's tail was too short before the training to count;
    such layers are left out for it in every study that is made of them.
    """
    spectra = pd.read_parquet(tables / "spectra.parquet")
    rows = spectra[spectra["stage"].isin(["finetuned", "init"])]
    # The classifier last, as in the worlds.
    last = rows["role"] == "classifier"
    rows = pd.concat([rows[~last], rows[last]])
    columns = ["condition", "seed", "layer", *METRICS]
    rows[columns].to_parquet(REAL, index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
