"""Tables on disk: schemas are kept, files are whole or absent."""

import pyarrow as pa
import pytest

from weightscape.tables import table
from weightscape.tables.collect import collect
from weightscape.tables.table import SchemaError, define, field, from_rows

SCHEMA = define(
    "demo",
    1,
    "A table.",
    [
        field("name", pa.string(), "A name."),
        field("size", pa.float64(), "A size.", unit="m", nullable=True),
    ],
)


def test_round_trip_keeps_descriptions_and_provenance(tmp_path):
    path = tmp_path / "demo.parquet"
    table.write(path, from_rows([{"name": "a", "size": None}], SCHEMA), SCHEMA, {"rule": "r"})
    read = table.read(path)
    assert read.to_pylist() == [{"name": "a", "size": None}]
    assert read.schema.field("size").metadata == {b"description": b"A size.", b"unit": b"m"}
    assert table.provenance_of(path) == {"rule": "r"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"name": "a"}, "size"),
        ({"name": "a", "size": 1.0, "colour": "red"}, "colour"),
        ({"name": "a", "size": "large"}, "demo"),
        ({"name": None, "size": 1.0}, "name has missing values"),
    ],
)
def test_a_row_that_does_not_match_is_refused(row, words):
    with pytest.raises(SchemaError, match=words):
        from_rows([row], SCHEMA)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "demo.parquet"
    good = from_rows([{"name": "a", "size": 1.0}], SCHEMA)
    table.write(path, good, SCHEMA, {})
    before = path.read_bytes()

    def parts():
        yield good
        yield pa.table({"name": ["b"]})

    with pytest.raises(SchemaError):
        table.write(path, parts(), SCHEMA, {})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_collect_joins_in_order(tmp_path):
    for name in "ab":
        part = from_rows([{"name": name, "size": 1.0}], SCHEMA)
        table.write(tmp_path / f"{name}.parquet", part, SCHEMA, {})
    inputs = [tmp_path / "b.parquet", tmp_path / "a.parquet"]
    collect(tmp_path / "all.parquet", inputs, SCHEMA, {})
    assert table.read(tmp_path / "all.parquet")["name"].to_pylist() == ["b", "a"]
