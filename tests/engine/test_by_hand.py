"""One job in this process, with a stand-in for what Snakemake gives its script."""

import json
import os
import subprocess
import sys

import pytest

from weightscape.engine.by_hand import Named, describe, run_job, stand_in
from weightscape.engine.digest import code_digest
from weightscape.engine.driver import LOCK, take
from weightscape.engine.record import read_records

SCRIPT = """
from weightscape.atomic import write_text
from weightscape.engine.job import job

with job(snakemake) as provenance:
    words = [open(file).read() for file in snakemake.input.parts]
    write_text(snakemake.output.text, snakemake.params.between.join(words))
"""


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Return the plan of a job that joins two files; it runs in a process of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "join.py").write_text(SCRIPT)
    for name in "ab":
        (tmp_path / name).write_text(name)
    return {
        "rule": "join", "message": "join a and b", "script": str(tmp_path / "join.py"),
        "input": {"files": ["a", "b"], "names": {"parts": [0, 2]}},
        "output": {"files": ["results/x/ab"], "names": {"text": [0, None]}},
        "log": {"files": ["results/x/logs/join.log"], "names": {}},
        "params": {"code": [code_digest(tmp_path / "join.py")], "between": "+"},
        "wildcards": {}, "threads": 1, "resources": {}, "config": {"study": "x"},
    }  # fmt: skip


def run(plan):
    """Run a job in a process of its own, because it changes the process's log."""
    code = (
        "import json, sys; from weightscape.engine.by_hand import run_job; "
        "sys.exit(run_job(json.loads(sys.argv[1])))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, json.dumps(plan)], capture_output=True, text=True, check=False
    )


def test_values_have_places_and_names():
    named = Named(["a", "b", "c"], {"one": (0, None), "more": (1, 3), "none": (3, 3)})
    assert [*named] == ["a", "b", "c"]
    assert (named[0], named["one"], named.one) == ("a", "a", "a")
    assert (named.more, named.get("more")) == (["b", "c"], ["b", "c"])
    assert (named.none, named.get("other"), named.get("other", 3)) == ([], None, 3)
    assert dict(named.items()) == {"one": "a", "more": ["b", "c"], "none": []}
    assert [*named.keys()] == ["one", "more", "none"]
    with pytest.raises(AttributeError, match="nothing of the name other"):
        _ = named.other


def test_a_script_has_what_snakemake_gives_it(plan):
    snakemake = stand_in(plan)
    assert snakemake.params.between == "+"
    assert dict(snakemake.params.items()) == plan["params"]
    assert snakemake.log[0] == "results/x/logs/join.log"
    assert (snakemake.rule, snakemake.threads, snakemake.wildcards.get("x")) == ("join", 1, None)


def test_a_job_makes_its_files_and_leaves_log_and_record(plan, tmp_path):
    done = run(plan)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/x/ab").read_text() == "a+b"
    assert "finished" in (tmp_path / "results/x/logs/join.log").read_text()
    assert read_records("results/x")["results/x/ab"]["rule"] == "join"


def test_a_job_that_fails_says_why(plan, tmp_path):
    del plan["params"]["between"]
    done = run(plan)
    assert done.returncode == 1
    assert "join: the rule gives nothing of the name between" in done.stderr
    assert "Traceback" in (tmp_path / "results/x/logs/join.log").read_text()


def test_the_debugger_opens_where_a_job_fails(plan):
    code = "import json, sys; from weightscape.engine.by_hand import run_job;"
    code += "run_job(json.loads(sys.argv[1]), debug=True)"
    del plan["params"]["between"]
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(plan)],
        input="up\nprint(words)\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "['a', 'b']" in done.stdout


def test_threads_are_set_before_any_library_reads_them(plan, tmp_path):
    text = SCRIPT.replace("words = ", "import os\n    words = [os.environ['OMP_NUM_THREADS']] + ")
    script = tmp_path / "threads.py"
    script.write_text(text)
    plan["params"]["code"] = [code_digest(script)]
    done = run(plan | {"threads": 3, "script": str(script)})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/x/ab").read_text() == "3+a+b"


def test_what_is_missing_is_named(plan):
    os.remove("a")
    with pytest.raises(FileNotFoundError, match="join needs what is not there: a; make that first"):
        run_job(plan)


def test_a_job_waits_for_no_driver(plan):
    with take():
        done = run(plan)
    assert done.returncode != 0
    assert "another run works in this folder" in done.stderr
    assert LOCK.exists()


def test_it_says_what_it_runs(plan):
    text = describe(plan)
    assert text.splitlines()[:2] == [
        "join a and b",
        "  script join.py, log results/x/logs/join.log",
    ]
    assert "  reads a\n" in text
    assert "  writes results/x/ab\n" in text
