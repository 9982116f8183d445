"""The table of runs: what each sets, how it ended, and why one has failed."""

import pytest

from weightscape.config.run import RunId
from weightscape.study.runs import run_rows
from weightscape.tables.registry import find_schema
from weightscape.tables.table import from_rows, write
from weightscape.train.decay import Course, find_decay_scale

TRAINING, SCORES = find_schema("training"), find_schema("scores")


def plan(condition, **about):
    usual = {"dataset_group": "d", "derived": False, "score": "accuracy", "setting": "",
             "stands_for": condition, "family": condition, "is_twin": False, "dose": None,
             "kind": "", "is_rate": False,
             "factors": {"b": 1, "a": 2},
             "reference": "x", "initial": "b", "pretrained": "glyphs", "from_scratch": False,
             "comparable_weights": True}  # fmt: skip
    return RunId("d", "b", condition, 1)._asdict() | usual | about


def history(path, *, selected=True, accuracy=0.9, later=(), **about):
    run = RunId("d", "b", "x", 1)._asdict()
    row = {**run, "epoch": 2.0, "step": 10, "loss": 0.5, "val_accuracy": accuracy,
           "val_balanced_accuracy": 0.8, "val_auroc": None, "lr": 0.1,
           "selected": selected}  # fmt: skip
    rows = [row, *({**row, "epoch": e, "step": 5 * int(e), "selected": False} for e in later)]
    write(path, from_rows(rows, TRAINING), TRAINING, {"parameters": 7, **about})
    return path


def scores(path, **about):
    write(path, (), SCORES, about)
    return path


FAILED = {"status": "failed", "reason": "the loss is not finite"}


def test_how_runs_end(tmp_path):
    files = [history(tmp_path / "x"), history(tmp_path / "y", selected=False, **FAILED)]
    planned = [plan("x"), plan("y"), plan("both", derived=True)]
    one, other, derived = run_rows(planned, files).to_pylist()
    assert (one["epochs"], one["parameters"], one["status"], one["reason"]) == (2, 7, "ok", "")
    assert one["factors"] == '{"a": 2, "b": 1}'
    assert (other["epochs"], other["parameters"]) == (None, None)
    assert {name: other[name] for name in FAILED} == FAILED
    assert (derived["epochs"], derived["status"]) == (None, "ok")


def test_a_run_may_fail_after_its_training_and_take_what_is_derived_of_it_along(tmp_path):
    files = [history(tmp_path / "x")]
    failed = scores(tmp_path / "s", **FAILED)
    one, derived = run_rows(
        [plan("x"), plan("both", derived=True)], files, [failed] * 2
    ).to_pylist()
    assert (one["epochs"], derived["epochs"]) == (2, None)
    assert {one["status"], derived["status"]} == {"failed"}
    assert {one["reason"], derived["reason"]} == {FAILED["reason"]}


def test_a_history_without_a_network_and_a_reason_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="not enough values"):
        run_rows([plan("x")], [history(tmp_path / "x", selected=False)])


def test_of_what_decay_alone_does_is_what_the_kept_networks_steps_do(tmp_path):
    files = [history(tmp_path / "x", later=(3.0, 4.0)), history(tmp_path / "y")]
    files.append(history(tmp_path / "z", selected=False, **FAILED))
    decoupled = {"opt": "adamw", "lr": 0.01, "weight_decay": 1.0, "head_lr_factor": 3,
                 "warmup_epochs": 1, "epochs": 4}  # fmt: skip
    decay = {"x": decoupled, "y": {"opt": "sgd", "weight_decay": 1.0}, "z": decoupled}
    planned = [plan("x"), plan("y"), plan("z"), plan("both", derived=True)]
    columns = ("decay_log_scale", "head_decay_log_scale")
    one, *others = (
        tuple(row[name] for name in columns)
        for row in run_rows(planned, files, decay=decay).to_pylist()
    )
    assert one == find_decay_scale(decoupled, Course(10, 20, 5))
    assert one[0] > one[1]
    assert others == [(None, None)] * 3


def test_the_setting_that_validation_prefers_is_chosen(tmp_path):
    names = ("x+a", "x+b", "plain")
    scores = (0.7, 0.8, 0.1)
    files = [history(tmp_path / n, accuracy=s) for n, s in zip(names, scores, strict=True)]
    planned = [plan(n, stands_for=n.split("+")[0], setting=n.partition("+")[2]) for n in names]
    rows = run_rows(planned, files).to_pylist()
    assert [row["chosen"] for row in rows] == [False, True, True]
    assert [row["stands_for"] for row in rows] == ["x", "x", "plain"]
