"""Collecting many runs: a part that cannot be read is named, and thousands stream."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers.driving import slowness
from weightscape.spectra.table import SCHEMA
from weightscape.tables import collect, table

LAYERS, STAGES = 500, ("finetuned", "delta")
DISTINCT = 200  # files; the others are links to them
PARTS = 1_000

COLLECT = """
import resource, sys
from weightscape.spectra.table import SCHEMA
from weightscape.tables.collect import collect

folder, count = sys.argv[1], int(sys.argv[2])
parts = [f"{folder}/{index}.parquet" for index in range(count)]
collect(f"{folder}/all.parquet", parts, SCHEMA, {})
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_maxrss / 2**20, used.ru_utime + used.ru_stime)
"""


def write_part(path, seed, layers=LAYERS):
    """Write the spectra of one run, its numbers drawn at random."""
    draw = np.random.default_rng(seed)
    rows = layers * len(STAGES)

    def values(column):
        if column.name == "stage":
            return np.repeat(STAGES, layers)
        if column.name == "layer":
            return [f"blocks.{layer}.mlp.fc1" for layer in range(layers)] * len(STAGES)
        if pa.types.is_string(column.type):
            return [column.name] * rows
        if pa.types.is_floating(column.type):
            return draw.normal(size=rows)
        return draw.integers(0, 2, rows)

    columns = [pa.array(values(column)).cast(column.type) for column in SCHEMA]
    table.write(path, pa.table(columns, schema=SCHEMA), SCHEMA, {})


def write_parts(folder, count):
    """Write the spectra of `count` runs to 0.parquet, 1.parquet and so on."""
    for index in range(min(count, DISTINCT)):
        write_part(folder / f"{index}.parquet", index)
    for index in range(DISTINCT, count):
        os.link(folder / f"{index % DISTINCT}.parquet", folder / f"{index}.parquet")


@pytest.mark.slow
def test_a_thousand_runs_stream_into_few_row_groups(tmp_path):
    write_parts(tmp_path, PARTS)
    run = subprocess.run(
        [sys.executable, "-c", COLLECT, tmp_path, str(PARTS)],
        capture_output=True,
        text=True,
        check=True,
    )
    gibibytes, seconds = map(float, run.stdout.split())
    about = pq.read_metadata(tmp_path / "all.parquet")
    (tmp_path / "all.parquet").unlink()
    assert about.num_rows == PARTS * LAYERS * len(STAGES)
    assert about.num_row_groups == about.num_rows // collect.GROUP
    # Ten thousand runs are to be collected in 2 GiB and three minutes.
    assert gibibytes <= 2
    assert seconds <= 18 * slowness()


@pytest.fixture
def parts(tmp_path):
    files = [tmp_path / f"{index}.parquet" for index in range(3)]
    for index, file in enumerate(files):
        write_part(file, index, layers=2)
    return files


def refused(parts, words):
    joined = parts[0].parent / "all.parquet"
    with pytest.raises(table.SchemaError, match=words) as error:
        collect.collect(joined, parts, SCHEMA, {})
    assert str(parts[1]) in str(error.value)
    assert {file.name for file in joined.parent.iterdir()} <= {file.name for file in parts}


def test_a_missing_part_is_named(parts):
    parts[1].unlink()
    refused(parts, "No such file")


@pytest.mark.parametrize("length", [0, 3, 100, -100])
def test_a_part_cut_short_is_named(parts, length):
    whole = parts[1].read_bytes()
    parts[1].write_bytes(whole[:length])
    refused(parts, "cannot be collected")


def test_a_part_with_other_columns_is_named(parts):
    pq.write_table(pq.read_table(parts[1]).drop_columns("alpha"), parts[1])
    refused(parts, r"columns \['alpha'\] do not match")


def test_parts_gather_in_order_and_large_ones_stay_apart(parts, monkeypatch):
    monkeypatch.setattr(collect, "GROUP", 6)
    joined = parts[0].parent / "all.parquet"
    collect.collect(joined, parts, SCHEMA, {})
    groups = pq.ParquetFile(joined)
    assert [groups.metadata.row_group(i).num_rows for i in range(2)] == [8, 4]
    expected = pa.concat_tables([table.read(file) for file in parts])
    assert table.read(joined)["alpha"].to_pylist() == expected["alpha"].to_pylist()


def test_no_part_makes_an_empty_table(tmp_path):
    collect.collect(tmp_path / "all.parquet", [], SCHEMA, {})
    assert len(table.read(tmp_path / "all.parquet")) == 0
