"""The records that jobs leave beside their logs, and the manifest that joins them."""

import json

import pytest

from weightscape.content import content_digest
from weightscape.engine.manifest import read_manifest, write_manifest
from weightscape.engine.record import read_records, read_shared_records, record_of, write_record

STUDY = "results/mine"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return a function that makes a file, as a job of a study would, and leaves its record."""
    monkeypatch.chdir(tmp_path)

    def make(name, content=None, log=None, study=STUDY, **about):
        (tmp_path / f"{name}.txt").write_text(content or name)
        log = f"{study}/logs/{log or name}.log"
        write_record(log, [f"{name}.txt"], {"rule": name} | about)
        return log

    return make


def test_a_manifest_joins_the_records_of_what_is_there(made, tmp_path):
    log = [made(name, params={"x": 1}) for name in ("b", "a", "gone")][1]
    (tmp_path / "gone.txt").unlink()
    write_manifest(STUDY)
    entries = read_manifest(STUDY)
    assert list(entries) == ["a.txt", "b.txt"]
    assert entries["a.txt"] == {
        "rule": "a", "params": {"x": 1}, "content": content_digest("a.txt"),
    }  # fmt: skip
    assert json.loads(record_of(log).read_text())["files"].keys() == {"a.txt"}
    assert entries == read_records(STUDY)


def test_a_manifest_is_of_all_that_has_been_made_so_far(made):
    made("a")
    write_manifest(STUDY)
    assert list(read_manifest(STUDY)) == ["a.txt"]
    made("b", log="deeper/b")
    write_manifest(STUDY)
    assert list(read_manifest(STUDY)) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("logs", [("one", "two"), ("two", "one")])
def test_of_a_file_that_two_jobs_have_made_the_last_counts(made, logs):
    for turn, log in enumerate(logs):
        made("a", content=log, log=log, turn=turn)
    entry = read_records(STUDY)["a.txt"]
    assert (entry["turn"], entry["content"]) == (1, content_digest("a.txt"))


def test_downloads_are_known_to_all_studies_and_nothing_else_is(made):
    made("mine")
    made("images", log="fetch_source/images", study="results/other")
    made("theirs", study="results/other")
    assert list(read_records(STUDY)) == ["mine.txt"]
    assert list(read_shared_records(STUDY)) == ["images.txt"]


def test_a_study_of_which_nothing_is_made_has_an_empty_manifest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_manifest(STUDY)
    write_manifest(STUDY)
    assert read_manifest(STUDY) == {}
