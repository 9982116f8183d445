"""Exactly what is stale: one change at a time on a finished study, and what is planned then."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.helpers.changes import CHANGES, by_rule, table
from tests.helpers.driving import NANO, ROOT, planned

PAGE = ROOT / "docs/restarts.md"

PARTS = ["Snakefile", "config.yaml", "CITATION.cff", "workflow", "src", "profiles", "envs"]


@pytest.fixture(scope="module")
def finished(nano, tmp_path_factory):
    """Return a copy of the repository that holds the finished nano study."""
    root = tmp_path_factory.mktemp("finished")
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, root / name)
    for name in ("results", ".snakemake"):
        shutil.copytree(nano / name, root / name)
    return root


@pytest.fixture
def workshop(finished, tmp_path):
    """Return a copy of that copy, to be changed; results are links, and are never written to."""
    root = tmp_path / "w"
    shutil.copytree(finished, root, ignore=shutil.ignore_patterns("results"))
    shutil.copytree(finished / "results", root / "results", copy_function=os.link)
    shutil.copy2(NANO, root / "study.yaml")
    return root


@pytest.fixture
def its_code(workshop, monkeypatch):
    """Have Python and Snakemake take the package from the copy."""
    monkeypatch.setenv("PYTHONPATH", str(workshop / "src"))


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.what)
def test_a_change_plans_what_it_must_and_nothing_else(change, workshop, its_code):
    change.make(workshop)
    assert planned(workshop, config=workshop / "study.yaml", snakefile=workshop / "Snakefile") == (
        dict(by_rule(change.jobs))
    )
    if change.named is not None:
        run = verify(workshop)
        assert len(named(run)) == change.named, run.stdout
        assert run.returncode == int(change.named > 0)


def verify(root):
    """Run `weightscape verify` on the study of the copy."""
    return subprocess.run(
        [sys.executable, "-c", "import sys; from weightscape.cli import main; sys.exit(main())",
         "verify", "--configfile", "study.yaml"],
        cwd=root, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip


def named(run):
    """Return the files that `weightscape verify` names."""
    lines = run.stdout.split("\n\n")[0].splitlines()
    return [line.split()[0] for line in lines if line.startswith("results/")]


def test_the_docs_show_the_table():
    shown = PAGE.read_text("utf-8").partition("<!-- staleness -->\n")[2]
    assert shown.partition("<!-- /staleness -->")[0] == table()
