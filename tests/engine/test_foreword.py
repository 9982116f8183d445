"""What a plan says of how to know what a study can find."""

import logging
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_weightscape import LogHandler
from tests.helpers.driving import ROOT, snakemake
from weightscape.engine.foreword import announce
from weightscape.study.load import read_study

DIGITS = ROOT / "studies" / "digits.yaml"
MAIN, OTHER = SimpleNamespace(is_main_process=True), SimpleNamespace(is_main_process=False)


def said(caplog, study, files=(DIGITS,), workflow=MAIN):
    """Return what is said of a study."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "snakemake.logging"):
        announce(workflow, study, files)
    return "".join(record.getMessage() for record in caplog.records)


def test_it_names_the_command_and_another_study_unless_this_one_is_finished(
    caplog, tmp_path, monkeypatch
):
    study = read_study(DIGITS)
    monkeypatch.chdir(tmp_path)
    assert "digits.yaml --from results/<a finished study>" in said(caplog, study)
    (tmp_path / "results/digits/tables").mkdir(parents=True)
    (tmp_path / "results/digits/tables/runs.parquet").touch()
    text = said(caplog, study)
    assert "--from" not in text
    assert text.endswith("says what 3 seeds can find")


@pytest.mark.parametrize(
    "changes", [{"scale": "nano"}, {"seeds": 1}, {"conditions": ()}], ids=lambda c: next(iter(c))
)
def test_nothing_is_said_where_nothing_can_be_found(caplog, changes):
    assert said(caplog, read_study(DIGITS).model_copy(update=changes)) == ""


def test_nothing_is_said_in_a_job_or_of_several_files(caplog):
    assert said(caplog, read_study(DIGITS), workflow=OTHER) == ""
    assert said(caplog, read_study(DIGITS), files=[DIGITS, DIGITS]) == ""


@pytest.mark.parametrize("dryrun", [False, True])
def test_it_stands_beside_the_jobs_where_networks_are_trained(dryrun):
    settings = SimpleNamespace(dryrun=dryrun, verbose=False, stdout=True, show_failed_logs=True)
    handler = LogHandler(settings, None)

    def show(text, **about):
        record = logging.LogRecord("snakemake", logging.INFO, "", 0, text, None, None)
        record.__dict__.update(about)
        return handler.lines(record)

    trained = {"event": LogEvent.RUN_INFO, "stats": {"finetune": 3, "total": 4}}
    drawn = {"event": LogEvent.RUN_INFO, "stats": {"plot_figure": 2, "total": 2}}
    assert "\n" not in show("4 jobs", **trained)
    assert show("weightscape power x.yaml", is_foreword=True) == ""
    assert show("4 jobs", **trained).endswith("\nweightscape power x.yaml")
    assert "power" not in show("2 jobs", **drawn)


def test_a_dry_run_shows_it(tmp_path):
    run = snakemake(tmp_path, "--dry-run", config=DIGITS)
    assert run.returncode == 0, run.stdout
    assert run.stdout.count("digits.yaml --from results/<a finished study>\n") == 2
    assert "\n    says what 3 seeds can find\n" in run.stdout
