"""The last word on a study that is not complete."""

from weightscape.engine.ending import Step, account


def test_it_names_what_failed_and_why_and_counts_what_is_missing(tmp_path):
    (tmp_path / "b.log").write_text("1 INFO x\n2 ERROR failed\nTraceback\nValueError: too few\n")
    (tmp_path / "c.log").write_text("1 INFO x\n")
    steps = [
        Step("make", "make a", str(tmp_path / "a.log"), ("a", "a2")),
        Step("make", "make b", str(tmp_path / "b.log"), ("b",)),
        Step("make", "make c", str(tmp_path / "c.log"), ("c",)),
        Step("make", "make d", str(tmp_path / "d.log"), ("d",)),
        Step("join", "join all", str(tmp_path / "join.log"), ("all",)),
    ]
    text = account("demo", steps, steps[1:4], steps[4:])
    assert "demo is not complete: 1 of 5 jobs are done, 2 of 6 files are there." in text
    assert f"  make b\n    ValueError: too few\n    see {tmp_path / 'b.log'}\n" in text
    assert "  make c\n    ended from outside" in text
    assert "  make d\n    it has no log: No such file or directory" in text
    assert "run has ended: 1 join." in text


def test_a_run_that_was_stopped_has_no_failure_to_name():
    steps = [Step("make", f"make {k}", "x.log", (f"{k}",)) for k in range(3)]
    text = account("demo", steps, [], steps[1:])
    assert "Failed" not in text
    assert "2 make." in text
