"""What a call is to read, each file once."""

import os

from safetensors.torch import save_file

from tests.helpers.bad_checkpoints import sound
from weightscape.files.sources import find_sources


def skipped(sources):
    return {source.name: source.reason for source in sources if source.status == "skipped"}


def test_a_file_that_is_named_twice_is_read_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    save_file(sound(), "folder/m.safetensors")
    os.link("folder/m.safetensors", "hard.safetensors")
    os.symlink("folder/m.safetensors", "soft.safetensors")
    names = [
        "folder/m.safetensors", "folder", "./folder/../folder/m.safetensors", "hard.safetensors",
        "soft.safetensors", f"{tmp_path}/folder/m.safetensors",
    ]  # fmt: skip
    sources = find_sources(names)
    assert [source.name for source in sources if not source.status] == ["folder/m.safetensors"]
    assert len(sources) == len(names)
    assert set(skipped(sources).values()) == {
        "the same as folder/m.safetensors, which is read once"
    }


def test_an_empty_name_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_file(sound(), "m.safetensors")
    (source,) = find_sources([""])
    assert (source.status, source.reason[:13]) == ("failed", "an empty name")


def test_a_name_on_the_hub_is_opened_once():
    first, second = find_sources(["timm:resnet18", "timm:resnet18"])
    assert (first.status, second.status) == ("", "skipped")


def test_the_table_and_its_journal_are_no_files_of_the_folder(tmp_path):
    save_file(sound(), tmp_path / "m.safetensors")
    (tmp_path / "t.parquet").write_text("a table")
    (tmp_path / "notes.txt").write_text("a note")
    found = find_sources([str(tmp_path)], [tmp_path / "t.parquet"])
    assert list(skipped(found)) == [str(tmp_path / "notes.txt")]


def test_another_size_or_time_is_another_file(tmp_path):
    path = tmp_path / "m.safetensors"
    save_file(sound(), path)
    (before,) = find_sources([str(path)])
    assert before == find_sources([str(path)])[0]
    assert before.size == path.stat().st_size
    os.utime(path, ns=(0, 1))
    assert find_sources([str(path)])[0] != before


def test_nothing_of_a_name_is_a_failure_and_the_others_stay(tmp_path):
    save_file(sound(), tmp_path / "m.safetensors")
    (tmp_path / "empty").mkdir()
    found = find_sources([str(tmp_path / "empty"), str(tmp_path / "m.safetensors")])
    assert [source.status for source in found] == ["failed", ""]
