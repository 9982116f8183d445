"""What a job is given of a study."""

from types import SimpleNamespace

from tests.helpers.driving import NANO
from weightscape.study.load import read_study
from weightscape.study.plan import Plan


def test_a_training_runs_the_code_of_what_is_measured_along_it_and_of_no_other_measurement():
    entries = tuple(
        SimpleNamespace(modules=[name], build=lambda every=every: SimpleNamespace(every=every))
        for name, every in (("at the end", None), ("along", 5))
    )
    plan = Plan(read_study(NANO).model_copy(update={"measurements": entries}))
    assert plan.finetune_modules("baseline") == ["along"]
    assert plan.measurement_modules == ["along", "at the end"]
