"""What is wrong with the files of a study, by kind."""

import pytest

from weightscape.content import content_digest
from weightscape.engine.verify import Problem, find_problems, report

PARAMS = {"code": "c", "recipe": {"lr": 0.1}, "device": "cpu"}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return the plan and the records of a study of one sound file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("a")
    return (
        {"a.txt": {"rule": "make", "params": PARAMS}},
        {"a.txt": {"rule": "make", "params": PARAMS, "content": content_digest("a.txt")}},
    )


def found(study):
    """Return the problems with the one file, in words."""
    return [problem.what for problem in find_problems(*study)]


def test_a_sound_study_has_no_problem(study):
    assert found(study) == []
    assert report([], 1) == "1 files, all as the study plans them and as they were made\n"


def test_a_missing_file(study, tmp_path):
    (tmp_path / "a.txt").unlink()
    assert found(study) == ["is missing"]


def test_a_file_that_no_job_is_known_to_have_made(study):
    assert found((study[0], {})) == ["has no record: nothing says what it was made by"]


def test_a_file_changed_by_hand(study, tmp_path):
    (tmp_path / "a.txt").write_text("b")
    assert found(study) == ["has been changed since it was made"]


def test_a_file_that_cannot_be_read(study, tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    planned, known = ({"a.parquet": part["a.txt"]} for part in study)
    (what,) = found((planned, known))
    assert what.startswith("cannot be read: ")


@pytest.mark.parametrize(
    ("params", "what"),
    [
        (PARAMS | {"code": "d"}, "was made by other code"),
        (PARAMS | {"recipe": {"lr": 0.2}}, "was made with other recipe"),
        (PARAMS | {"recipe": {}, "device": "cuda"}, "was made with other device, recipe"),
        (PARAMS | {"code": "d", "device": "cuda"}, "was made with other device"),
        (PARAMS | {"threads": 2}, "was made with other threads"),
        ({"code": "c", "device": "cpu"}, "was made with other recipe"),
    ],
)
def test_a_file_made_in_another_way(study, params, what):
    planned = {"a.txt": {"rule": "make", "params": params}}
    assert found((planned, study[1])) == [what]


def test_problems_come_in_the_order_of_paths_and_say_how_to_go_on(study, tmp_path):
    planned = {name: study[0]["a.txt"] for name in ("c.txt", "a.txt", "b.txt")}
    listed = list(find_problems(planned, study[1]))
    assert listed == [
        Problem("b.txt", "make", "is missing"),
        Problem("c.txt", "make", "is missing"),
    ]
    text = report(listed, 3)
    assert "b.txt is missing\nc.txt is missing\n" in text
    assert "2 of 3 files are not what they should be" in text
    assert "snakemake --cores all --forcerun b.txt c.txt" in text


def test_what_to_do_names_the_study_that_was_asked_of():
    text = report([Problem("b.txt", "make", "is missing")], 3, ["--configfile", "my study.yaml"])
    assert "snakemake --cores all --configfile 'my study.yaml' --forcerun b.txt" in text
