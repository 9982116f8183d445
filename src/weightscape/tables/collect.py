"""Joining the tables of many runs into one."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from weightscape.tables.table import SchemaError, validate, write

GROUP = 100_000
"""Rows of a row group of a collected table: small in memory, and few enough to read fast."""


def collect(
    output: str | Path,
    parts: Iterable[str | Path],
    schema: pa.Schema,
    provenance: Mapping[str, Any],
) -> None:
    """Join the tables in `parts` below one another, some `GROUP` rows in memory at a time.

    Raises
    ------
    SchemaError
        If a part is missing, is no Parquet file or does not match `schema`; the message names it.
    """
    write(output, _read_in_groups(parts, schema), schema, provenance)


def _read_in_groups(files: Iterable[str | Path], schema: pa.Schema) -> Iterator[pa.Table]:
    parts, rows = [], 0
    for file in files:
        try:
            with pq.ParquetFile(file) as part:
                parts.append(validate(part.read(), schema))
        except (OSError, pa.ArrowException, SchemaError) as error:
            raise SchemaError(f"{file} cannot be collected: {error}") from error
        rows += len(parts[-1])
        if rows >= GROUP:
            yield pa.concat_tables(parts)
            parts, rows = [], 0
    if parts:
        yield pa.concat_tables(parts)
