"""Ensembles: the mean of the logits of several runs."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from weightscape.config.run import RunId
from weightscape.tables.predictions import SCHEMA, TEST

SAMPLE = [field.name for field in TEST] + ["sample", "label"]


def average_predictions(members: Sequence[pa.Table], run: RunId) -> pa.Table:
    """Return the mean of the logits of several predictions of the same images.

    Parameters
    ----------
    members : sequence of pyarrow.Table
        Tables under the schema of predictions, one for each run.
    run : RunId
        Which run the ensemble is.

    Returns
    -------
    pyarrow.Table
        Under the same schema. The mean is taken in float64 and kept as float16, so that the
        ensemble of one run has its logits.

    Raises
    ------
    ValueError
        If there is no member, or they were not asked about the same images.
    """
    if not members:
        raise ValueError("an ensemble needs one member at least")
    first, *others = members
    asked = first.select(SAMPLE)
    if any(not other.select(SAMPLE).equals(asked) for other in others):
        raise ValueError("the members of an ensemble have seen different test images")
    total = sum(_logits(member) for member in members)
    mean = (np.asarray(total) / len(members)).astype(np.float16)
    lists = first["logits"].combine_chunks()
    columns = {
        name: pa.repeat(pa.scalar(value), len(first)) for name, value in run._asdict().items()
    }
    columns |= {name: first[name] for name in SAMPLE}
    columns["logits"] = pa.ListArray.from_arrays(lists.offsets, pa.array(mean))
    return pa.table({f.name: columns[f.name].cast(f.type) for f in SCHEMA}, schema=SCHEMA)


def _logits(table: pa.Table) -> np.ndarray:
    values: np.ndarray = table["logits"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.astype(np.float64)
