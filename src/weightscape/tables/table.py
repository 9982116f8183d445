"""Tables on disk: Parquet files that match a schema which describes every column."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from weightscape.atomic import beside

PROVENANCE_KEY = b"weightscape"


class SchemaError(ValueError):
    """A table does not match the schema that it is written or read under."""


def field(
    name: str,
    kind: pa.DataType,
    description: str,
    *,
    unit: str = "",
    source: str = "",
    nullable: bool = False,
) -> pa.Field:
    """Return a column's definition, its meaning kept in the Arrow field's metadata.

    Parameters
    ----------
    name : str
        Name of the column.
    kind : pyarrow.DataType
        Type of its values.
    description : str
        What a value says, in one sentence.
    unit : str, optional
        Unit of the value; empty for a pure number or a name.
    source : str, optional
        Where the quantity is defined: a paper or a tool.
    nullable : bool, optional
        Whether a value may be missing; the description says when it is.
    """
    notes = {"description": description, "unit": unit, "source": source}
    return pa.field(name, kind, nullable, {key: text for key, text in notes.items() if text})


def text(name: str, description: str, *, source: str = "", nullable: bool = False) -> pa.Field:
    """Return a column of text."""
    return field(name, pa.string(), description, source=source, nullable=nullable)


def whole(name: str, description: str, *, unit: str = "", nullable: bool = False) -> pa.Field:
    """Return a column of whole numbers."""
    return field(name, pa.int32(), description, unit=unit, nullable=nullable)


def real(name: str, description: str, source: str = "") -> pa.Field:
    """Return a column of real numbers that may be missing."""
    return field(name, pa.float64(), description, source=source, nullable=True)


def define(name: str, version: int, description: str, fields: Sequence[pa.Field]) -> pa.Schema:
    """Return the schema of the table `name`; raise the version when a column changes meaning."""
    about = {"table": name, "version": str(version), "description": description}
    return pa.schema(fields, metadata=about)


def from_rows(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return `rows` as a table under `schema`.

    Raises
    ------
    SchemaError
        If a row lacks a column, has one too many, or a value of the wrong type.
    """
    names = set(schema.names)
    for row in rows:
        if set(row) != names:
            raise SchemaError(
                f"table {_table_name(schema)}: a row has the columns {sorted(set(row) ^ names)} "
                "too many or too few; give every column of the schema and no other"
            )
    try:
        columns = [pa.array([row[f.name] for row in rows], f.type) for f in schema]
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise SchemaError(f"table {_table_name(schema)}: {error}") from error
    return validate(pa.table(columns, schema=schema), schema)


def from_arrays(parts: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return parts of a table, each given by column, below one another under `schema`.

    Parameters
    ----------
    parts : iterable of mappings
        For every column an array, or one value for all rows of the part; NaN is a missing value.
    schema : pyarrow.Schema
        What the table must match.

    Raises
    ------
    SchemaError
        If a part lacks a column, has one too many, or a value of the wrong type.
    """
    tables = [_part(part, schema) for part in parts]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _part(part: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    if set(part) != set(schema.names):
        raise SchemaError(
            f"table {_table_name(schema)}: the columns {sorted(set(part) ^ set(schema.names))} are "
            "too many or too few; give every column of the schema and no other"
        )
    rows = max((len(v) for v in part.values() if not np.isscalar(v) and v is not None), default=1)
    try:
        columns = [
            pa.array(
                np.broadcast_to(np.asarray(part[f.name], object), rows), f.type, from_pandas=True
            )
            for f in schema
        ]
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise SchemaError(f"table {_table_name(schema)}: {error}") from error
    return validate(pa.table(columns, schema=schema), schema)


def validate(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return `table` under `schema`.

    Raises
    ------
    SchemaError
        If a column is missing, unknown, of another type, or has a value missing that may not be.
    """
    expected, found = dict(zip(schema.names, schema.types, strict=True)), {}
    for column in table.schema:
        found[column.name] = column.type
    if found != expected:
        wrong = sorted(
            name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
        )
        raise SchemaError(
            f"table {_table_name(schema)}: columns {wrong} do not match the schema, which has "
            + ", ".join(f"{name}: {expected.get(name)}" for name in wrong)
        )
    table = table.select(schema.names)
    for column in schema:
        if not column.nullable and table[column.name].null_count:
            raise SchemaError(
                f"table {_table_name(schema)}: column {column.name} has missing values"
            )
    return table.cast(schema)


def write(
    path: str | Path,
    table: pa.Table | Iterable[pa.Table],
    schema: pa.Schema,
    provenance: Mapping[str, Any],
    **options: Any,
) -> None:
    """Write `table` to `path` as Parquet: beside its place first, then renamed.

    Parameters
    ----------
    path : str or Path
        Where the table goes; an older file is replaced in one step.
    table : pyarrow.Table or iterable of pyarrow.Table
        The rows. An iterable is streamed: each part becomes a row group and is dropped.
    schema : pyarrow.Schema
        What the table must match.
    provenance : mapping
        Kept as a JSON text in the file's metadata under ``weightscape``.
    **options
        Passed to `pyarrow.parquet.ParquetWriter`.

    Raises
    ------
    SchemaError
        If a part does not match `schema`; nothing is left at `path` then.
    """
    parts = [table] if isinstance(table, pa.Table) else table
    about = {**(schema.metadata or {}), PROVENANCE_KEY: json.dumps(provenance, sort_keys=True)}
    with (
        beside(path) as unfinished,
        pq.ParquetWriter(
            unfinished, schema.with_metadata(about), compression="zstd", **options
        ) as writer,
    ):
        for part in parts:
            writer.write_table(validate(part, schema))


def read(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the table at `path`, or only some of its `columns`."""
    return pq.read_table(path, columns=columns, partitioning=None)


def provenance_of(path: str | Path) -> dict[str, Any]:
    """Return the JSON block that `write` has put into the metadata of `path`."""
    block: dict[str, Any] = json.loads(pq.read_schema(path).metadata[PROVENANCE_KEY])
    return block


def failure_of(path: str | Path) -> str:
    """Return why the table at `path` has no rows of a run that failed; empty where none has."""
    return str(provenance_of(path).get("reason", ""))


def _table_name(schema: pa.Schema) -> str:
    name: bytes = (schema.metadata or {}).get(b"table", b"?")
    return name.decode()
