"""Studies on a real SLURM: the same tables as on one machine, whatever happens on the way."""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest
import yaml

from tests.helpers.driving import NANO, contents, snakemake
from tests.slurm.cluster import (
    driver,
    end_of,
    jobs,
    output_of,
    restart_controller,
    run,
    run_out_of_time,
    script_of,
    started,
    until,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("slurm")]


def test_the_nano_study_has_the_tables_of_a_local_run(nano, tmp_path):
    status, output = run(tmp_path)
    assert status == 0, output[-5000:]
    assert contents(tmp_path) == contents(nano)
    done = jobs(tmp_path)
    groups = {job: row for job, row in done.items() if re.match("rule_(weights|scores)_", row[0])}
    # All short steps of the four runs: two jobs, which ask for no more than one step needs.
    assert len(groups) == 2
    assert all(row[2:4] == ["1", "4000M"] for row in groups.values())
    assert len(done) == len(re.findall("has been submitted", output))


@pytest.mark.long
def test_faults_cost_nothing_but_what_they_hit(nano, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(nano, study)
    results = study / "results/nano"
    for lost in ("runs/digits/tiny/baseline/seed-1", "runs/digits/tiny/dropout-0.5/seed-2"):
        shutil.rmtree(results / lost)
    for lost in ("tables", "figures"):
        shutil.rmtree(results / lost)

    # A job that is cancelled, and one over its time.
    with driver(study, "--retries", "0") as process:
        run_out_of_time(started(study, process, "finetune.*baseline_1"), "finetune")
        output_of("scancel", str(started(study, process, "finetune.*dropout")))
        status, output = end_of(process, study)
    assert status == 1
    assert "SLURM status is: 'TIMEOUT'" in output
    assert "SLURM status is: 'CANCELLED'" in output

    # A controller that is away for a while; Ctrl-C: jobs are cancelled, what has finished is kept.
    with driver(study) as process:
        # A step that starts while the controller is away waits for two minutes: none does here.
        for run_of in ("baseline_1", "dropout-0.5_2"):
            script_of(started(study, process, f"finetune.*{run_of}"), "finetune")
        restart_controller()
        started(study, process, "predict")
        process.send_signal(signal.SIGINT)
        status, output = end_of(process, study)
    assert status == 1
    until(lambda: not jobs(study, "running,pending,completing"), "the end of all jobs")
    assert len(list(results.glob("runs/**/model.safetensors"))) == 4

    # The driver is killed; its jobs work on, and another driver does not work beside them.
    for file in results.glob("runs/**/spectra.parquet"):
        file.unlink()  # on a slow machine they may all be there by now
    with driver(study) as process:
        orphan = started(study, process, "weights")
        process.kill()
    snakemake(study, "--unlock")
    status, output = run(study)
    assert status == 1
    assert re.search(rf"killed still work in this folder: SLURM .*\b{orphan}\b", output), output
    until(lambda: not jobs(study, "running,pending,completing"), "the end of all jobs")
    assert len(list(results.glob("runs/**/spectra.parquet"))) == 4

    # A job that fails: the others go on.
    snakemake(study, "--unlock")
    broken = "results/nano/init/digits/tiny/seed-1/spectra.parquet"
    (study / broken).write_bytes(b"")
    status, output = run(study, "--retries", "0")
    assert status == 1
    assert "Error in rule collect_table" in output
    assert len(list(results.glob("runs/**/scores.parquet"))) == 4
    shutil.copy2(nano / broken, study / broken)

    # A job that is killed, as the kernel does where memory runs out: tried again with more.
    with driver(study) as process:
        killed = started(study, process, "compare_conditions")
        os.kill(script_of(killed, "compare_conditions"), signal.SIGKILL)
        status, output = end_of(process, study)
    assert status == 0, output[-5000:]
    asked = [row[1:] for _, row in sorted(jobs(study).items()) if "compare_" in row[0]]
    assert asked == [["FAILED", "1", "8000M"], ["COMPLETED", "1", "16000M"]]

    assert contents(study) == contents(nano)
    assert "Nothing to be done" in snakemake(study).stdout


def test_a_gpu_is_given_and_one_that_torch_does_not_see_is_named(tmp_path):
    study = yaml.safe_load(NANO.read_text()) | {"device": "cuda"}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    wanted = "results/nano/backbones/tiny/init.safetensors"
    arguments = ("--retries", "0", "--", wanted)
    with driver(tmp_path, *arguments, config=tmp_path / "study.yaml") as process:
        job = started(tmp_path, process, "pretrain_backbone")
        script = script_of(job, "pretrain_backbone")
        environment = Path("/proc", str(script), "environ").read_bytes().split(b"\0")
        status, output = end_of(process, tmp_path)
    assert environment.count(b"CUDA_VISIBLE_DEVICES=0") == 1
    assert status == 1
    assert "device: cuda is asked for, but torch finds no GPU here" in output
    assert not (tmp_path / wanted).exists()
