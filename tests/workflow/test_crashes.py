"""Faults at seeded moments: after `make run` again, the tables are those of a calm run."""

import shutil
import subprocess
import sys
import time
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from tests.helpers.driving import contents
from tests.helpers.faults import (
    DISK,
    KINDS,
    checkout,
    disturb,
    environment,
    jobs_of,
    make_run,
    started,
)
from weightscape.content import content_digest
from weightscape.engine.orphans import works

pytestmark = [pytest.mark.slow, pytest.mark.long]

SEED = 5


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """Return a folder on a small disk of its own, or None where that cannot be mounted."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "weightscape", folder],
        capture_output=True, check=False,
    ).returncode  # fmt: skip
    yield folder if mounted else None
    if mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def disturbed(disk, tmp_path_factory):
    """Return a checkout whose study has gone through every fault, and what was seen of each."""
    root = disk or tmp_path_factory.mktemp("disturbed")
    said = tmp_path_factory.mktemp("said")
    checkout(root)
    kinds = [kind for kind in KINDS if disk or kind != "full"]
    return SimpleNamespace(root=root, faults=[*shaken(root, kinds, said)])


def fault(kind, rule, run, said, orphans=0):
    """Return what is known of a run that has ended."""
    return SimpleNamespace(
        kind=kind, rule=rule, status=run.wait(900), said=said.read_text(), orphans=orphans
    )


def shaken(root, kinds, folder):
    """Start the study again and again, disturbed once in every rule; yield the faults."""
    rng = np.random.default_rng(SEED)
    done, orphans = set(), []
    for turn in range(40):
        said = folder / f"{turn}"
        # With one core no rule's only job ends unseen beside the one that is disturbed.
        run = make_run(root, said, cores=2 if turn % 3 == 2 else 1)
        ended(orphans, run)
        rule = started(root, run, done)
        if rule is None:
            yield fault("none", "", run, said)
            break
        done.add(rule)
        if turn == 0:
            yield fault("second", rule, make_run(root, folder / "second"), folder / "second")
        time.sleep(rng.uniform(0, 0.4))
        kind = kinds[turn % len(kinds)]
        disturb(kind, run, root)
        orphans = jobs_of(root)
        yield fault(kind, rule, run, said, len(orphans))


def ended(orphans, run):
    """Wait until the jobs of a killed driver work no more, which the next driver sees to."""
    while any(works(job) for job in orphans):
        assert run.poll() is None, "two jobs may write the same file"
        time.sleep(0.01)


LAST = "write_manifest"
"""The last rule: when it says that it has begun, its file may be there before the fault."""


def of(disturbed, kind):
    """Return the faults of one kind."""
    return [fault for fault in disturbed.faults if fault.kind == kind and fault.rule != LAST]


def test_faults_meet_at_least_20_rules(disturbed):
    rules = {fault.rule for fault in disturbed.faults if fault.kind in KINDS}
    assert len(rules) >= 20, sorted(rules)
    kinds = Counter(fault.kind for fault in disturbed.faults)
    assert all(kinds[kind] >= 3 for kind in KINDS if kind != "full")
    assert sum(fault.orphans for fault in of(disturbed, "driver")) > 0


def test_the_tables_are_those_of_a_calm_run(disturbed, nano):
    (end,) = of(disturbed, "none")
    assert end.status == 0, end.said
    assert contents(disturbed.root) == contents(nano)


def test_verify_finds_nothing_wrong_and_nothing_is_left_behind(disturbed):
    run = subprocess.run(
        [sys.executable, "-m", "weightscape.cli", "verify"],
        cwd=disturbed.root, env=environment(disturbed.root),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert "all as the study plans them" in run.stdout
    results = disturbed.root / "results"
    assert [file for file in results.rglob(".*") if file.is_file()] == []


def test_a_second_driver_is_refused_and_told_why(disturbed):
    (second,) = of(disturbed, "second")
    assert second.status != 0
    assert "another run works in this folder (process" in second.said


def test_a_full_disk_is_told_and_costs_nothing_that_was_done(disturbed, disk):
    if not disk:
        pytest.skip("mounting a small disk is not permitted here")
    full = of(disturbed, "full")
    assert len(full) >= 3
    assert all(fault.status != 0 for fault in full)
    assert any("No space left on device" in fault.said for fault in full)


def test_killed_jobs_are_named_and_so_is_what_is_missing(disturbed):
    for fault in of(disturbed, "jobs"):
        assert fault.status != 0
        assert "nano is not complete:" in fault.said
        assert "start again in the same way" in fault.said


def test_a_stopped_run_ends_with_its_last_word(disturbed):
    for fault in of(disturbed, "term") + of(disturbed, "interrupt"):
        assert fault.status != 0
        assert "nano is not complete:" in fault.said, fault.said


def test_a_killed_training_goes_on_where_it_was(disturbed, tmp_path):
    root = tmp_path / "w"
    shutil.copytree(disturbed.root, root, symlinks=True)
    study = yaml.safe_load((root / "config.yaml").read_text())
    study["training"]["epochs"] = 12
    (root / "config.yaml").write_text(yaml.safe_dump(study))
    module = root / "src/weightscape/train/state.py"
    module.write_text(module.read_text().replace("seconds: float = 120", "seconds: float = 0"))
    folder = root / "results/nano/runs/digits/tiny/baseline/seed-1"
    log = root / "results/nano/logs/finetune/digits/tiny/baseline/seed-1.log"
    state = folder / ".training.safetensors"

    run = make_run(root, tmp_path / "killed", target=folder / "model.safetensors")
    while not state.exists():
        assert run.poll() is None, (tmp_path / "killed").read_text()
        time.sleep(0.01)
    disturb("group", run, root)
    assert state.exists()
    ends = []
    for name in ("resumed", "whole"):
        run = make_run(root, tmp_path / name, target=folder / "model.safetensors")
        assert run.wait(900) == 0, (tmp_path / name).read_text()
        assert not state.exists()
        assert ("goes on after epoch" in log.read_text()) == (name == "resumed")
        files = (folder / "model.safetensors", folder / "history.parquet")
        ends.append([content_digest(file) for file in files])
        (folder / "model.safetensors").unlink()
    assert ends[0] == ends[1]
