"""What a file says, whatever its packing."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from weightscape.content import content_digest

N = 1000
TABLE = pa.table(
    {
        "seed": pa.array(np.arange(N), pa.int32()),
        "alpha": pa.array([None if k % 7 == 0 else k / 3 for k in range(N)], pa.float64()),
        "layer": pa.array([f"layer{k % 5}" for k in range(N)]),
        "trusted": pa.array([k % 2 == 0 for k in range(N)]),
        "values": pa.array([[k, k + 0.5][: k % 3] for k in range(N)], pa.list_(pa.float32())),
    }
)


def of_table(folder, table=TABLE, **packing):
    """Return the digest of a table written to a file."""
    path = folder / "table.parquet"
    pq.write_table(table, path, **packing)
    return content_digest(path)


def changed(name, values):
    """Return the table with another column of this name."""
    return TABLE.set_column(TABLE.column_names.index(name), name, values)


@pytest.mark.parametrize(
    "packing",
    [
        {"row_group_size": 7},
        {"row_group_size": 333, "compression": "zstd"},
        {"compression": "none", "use_dictionary": False},
        {"data_page_version": "2.0", "use_byte_stream_split": ["alpha"], "use_dictionary": False},
    ],
    ids=str,
)
def test_the_packing_of_a_table_does_not_count(tmp_path, packing):
    assert of_table(tmp_path, **packing) == of_table(tmp_path)


def test_the_metadata_and_the_chunks_of_a_table_do_not_count(tmp_path):
    described = TABLE.replace_schema_metadata({"weightscape": "made on a Monday"})
    chunked = pa.concat_tables([TABLE.slice(0, 10), TABLE.slice(10)])
    assert of_table(tmp_path, described) == of_table(tmp_path, chunked) == of_table(tmp_path)


def test_a_table_of_more_rows_than_a_batch_is_one_content(tmp_path):
    many = pa.concat_tables([TABLE] * 150)
    assert of_table(tmp_path, many, row_group_size=10_000) == of_table(tmp_path, many)


OTHERS = {
    "a value": changed("seed", pa.array(np.arange(N) + (np.arange(N) == 500), pa.int32())),
    "the last bit": changed(
        "alpha", pa.array([None if k % 7 == 0 else np.nextafter(k / 3, 9e9) for k in range(N)])
    ),
    "a null for a value": changed("alpha", pa.array([None] * 2 + TABLE["alpha"].to_pylist()[2:])),
    "a null for zero": changed("alpha", TABLE["alpha"].fill_null(0.0)),
    "a text": changed("layer", pa.array(["layer9", *TABLE["layer"].to_pylist()[1:]])),
    "a boolean": changed("trusted", pa.array([False] * N)),
    "a value of a list": changed(
        "values", pa.array([[k, k][: k % 3] for k in range(N)], pa.list_(pa.float32()))
    ),
    "a type": changed("seed", TABLE["seed"].cast(pa.int64())),
    "a name": TABLE.rename_columns(["k", *TABLE.column_names[1:]]),
    "the order of rows": TABLE.take(pa.array(np.arange(N)[::-1])),
    "the order of columns": TABLE.select(TABLE.column_names[::-1]),
    "a row less": TABLE.slice(1),
    "a column less": TABLE.drop_columns(["seed"]),
}


def test_everything_that_a_table_says_counts(tmp_path):
    digests = {what: of_table(tmp_path, table) for what, table in OTHERS.items()}
    assert len({of_table(tmp_path), *digests.values()}) == len(OTHERS) + 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([["x", "yz"], []], [["x"], ["yz"]]),
        ([["x"], None], [["x"], []]),
        ([["ab", "c"]], [["a", "bc"]]),
        ([[None, "a"]], [["", "a"]]),
    ],
)
def test_how_texts_are_cut_and_listed_counts(tmp_path, a, b):
    tables = [pa.table({"x": pa.array(each, pa.list_(pa.string()))}) for each in (a, b)]
    assert of_table(tmp_path, tables[0]) != of_table(tmp_path, tables[1])


def of_tensors(folder, tensors, **about):
    """Return the digest of a safetensors file."""
    save_file(tensors, folder / "x.safetensors", about or None)
    return content_digest(folder / "x.safetensors")


def test_what_tensors_say_counts_and_their_metadata_does_not(tmp_path):
    a, b = np.arange(6, dtype=np.float32), np.ones((2, 3), np.float32)
    said = of_tensors(tmp_path, {"a": a, "b": b})
    assert of_tensors(tmp_path, {"b": b, "a": a}, made="on a Monday") == said
    others = [
        {"a": a + 1, "b": b}, {"a": b.ravel(), "b": a.reshape(2, 3)}, {"a": a, "c": b},
        {"a": a, "b": b.T.copy()}, {"a": a.view(np.int32), "b": b}, {"a": a},
    ]  # fmt: skip
    assert len({said, *(of_tensors(tmp_path, other) for other in others)}) == len(others) + 1


def test_any_other_file_is_its_bytes(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert content_digest(tmp_path / "a.txt") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize("name", ["x.parquet", "x.safetensors"])
def test_a_file_that_is_not_what_its_name_says_cannot_be_read(tmp_path, name):
    (tmp_path / name).write_bytes(b"no table, and no tensors either")
    with pytest.raises((OSError, ValueError)):
        content_digest(tmp_path / name)


def test_a_type_that_no_table_has_is_refused(tmp_path):
    table = pa.table({"x": pa.array([{"a": 1}])})
    with pytest.raises(ValueError, match="struct"):
        of_table(tmp_path, table)
