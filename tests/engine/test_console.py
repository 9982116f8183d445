"""What the terminal shows of a run."""

import logging
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_weightscape import LogHandler

SETTINGS = {
    "dryrun": False, "verbose": False, "stdout": True, "show_failed_logs": True,
}  # fmt: skip


@pytest.fixture
def shown(capsys):
    """Return a function that gives what is shown of a message with these attributes."""
    handlers = {}

    def lines(text="", level=logging.INFO, settings=(), **about):
        key = tuple(settings)
        handler = handlers.setdefault(
            key, LogHandler(SimpleNamespace(**SETTINGS | dict(settings)), None)
        )
        record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
        record.__dict__.update(about)
        handler.handle(record)
        return capsys.readouterr().out

    return lines


def job(number, message="finetune tiny", **about):
    """Return what Snakemake tells of a job that starts."""
    return {
        "event": LogEvent.JOB_INFO, "jobid": number, "rule_name": "finetune",
        "rule_msg": message, "output": ["x"], **about,
    }  # fmt: skip


def test_a_job_is_a_line_and_its_end_another(shown):
    assert shown(**job(1)).split("  ", 1)[1] == "finetune tiny\n"
    assert shown(event=LogEvent.JOB_FINISHED, job_id=1) == ""
    progress = shown(event=LogEvent.PROGRESS, done=999, total=1000)
    assert progress.split("  ", 1)[1] == "  999 of 1000 steps (99%) done\n"
    assert shown(**job(2, message=None)).endswith("  finetune\n")
    assert shown(**job(3, output=[])) == ""


def test_a_failed_job_is_named_and_the_end_of_its_log_shown(shown, tmp_path):
    log = tmp_path / "x.log"
    log.write_text("".join(f"line {k}\n" for k in range(100)))
    shown(**job(7))
    error = {"event": LogEvent.JOB_ERROR, "jobid": 7, "rule_name": "finetune", "log": [str(log)]}
    text = shown(level=logging.ERROR, **error)
    assert "FAILED finetune tiny\n" in text
    assert "line 99\n" in text
    assert "line 69\n" not in text
    assert "line" not in shown(settings=[("show_failed_logs", False)], **error)
    assert "No such file" in shown(**error | {"log": [str(tmp_path / "gone.log")]})


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("died with <Signals.SIGKILL: 9>.", "killed, by somebody or for want of memory"),
        ("returned non-zero exit status 137.", "killed, by somebody or for want of memory"),
        ("returned non-zero exit status 1.", None),
        ("died with <Signals.SIGINT: 2>.", None),
        ("died with <Signals.SIGSEGV: 11>.", "ended with SIGSEGV"),
    ],
)
def test_how_a_job_ended_is_told_where_its_log_cannot_know(shown, how, expected):
    text = shown(
        f"RuleException:\nCalledProcessError in file \"x.smk\", line 1:\nCommand 'y' {how}",
        logging.ERROR,
    )
    assert text == "" if expected is None else expected in text


def test_noise_is_left_out_and_all_else_is_shown(shown):
    assert shown("Building DAG of jobs...") == ""
    assert shown("Select jobs to execute...") == ""
    assert shown("Nothing to be done (all files are there).") == (
        "Nothing to be done (all files are there).\n"
    )
    assert shown("WorkflowError:\nseedz: unknown key", logging.ERROR) == (
        "WorkflowError:\nseedz: unknown key\n"
    )
    assert shown("Will exit after finishing.") != ""
    assert shown("Will exit after finishing.") == ""
    assert "weightscape unlock" in shown("LockException:\nError: Directory cannot be locked.")


@pytest.mark.parametrize("mode", ["dryrun", "verbose"])
def test_a_dry_run_and_a_verbose_one_look_as_snakemake_has_them(shown, mode):
    assert shown("Building DAG of jobs...", settings=[(mode, True)]) == "Building DAG of jobs...\n"
