"""The studies that ship: planned as their papers have them, and run to the end as trials.

What the trials read is written here, a few images of each class in the formats that are published.
"""

import copy
from functools import partial

import pyarrow.parquet as pq
import pytest
import yaml

from tests.helpers import published
from tests.helpers.driving import ROOT, planned, snakemake
from weightscape.study.load import read_study
from weightscape.study.plan import Plan

STUDIES = ROOT / "studies"
DEFAULT = "solar_cells"

PAPER_A = {
    "baseline", "dropout-0.1", "dropout-0.3", "dropout-0.5", "dropout-0.7",
    "weight_decay-1e-05", "weight_decay-5e-05", "weight_decay-0.0001", "weight_decay-0.0005",
    "weight_decay-0.001", "weight_decay-0.005", "auto_augment", "rand_augment", "aug_mix",
    "trivial_augment", "noise-0.01", "noise-0.03", "noise-0.05", "auto1", "auto2", "auto3",
}  # fmt: skip


def jobs_of(name, tmp_path):
    return planned(tmp_path, "--quiet", "rules", config=STUDIES / f"{name}.yaml")


def test_the_first_paper_has_its_21_conditions_and_five_seeds(tmp_path):
    for name, cells in (("data_diversity_clip", 8), ("data_diversity_scratch", 1)):
        plan = Plan(read_study(STUDIES / f"{name}.yaml"))
        assert len(PAPER_A) == 21
        assert set(plan.conditions) >= PAPER_A
        runs = len(plan.conditions) * 5 * cells
        jobs = jobs_of(name, tmp_path)
        assert jobs["finetune"] == jobs["predict"] == jobs["fit_spectra"] == runs
    jobs = jobs_of("data_diversity_clip", tmp_path)
    assert jobs["finetune"] == 38 * 5 * 4 * 2
    assert (jobs["prepare_dataset"], jobs["fetch_backbone"]) == (4, 2)
    # Four data sets, and the two published sets of corrupted CIFAR and CIFAR-10.1.
    assert jobs["fetch_source"] == 4 + 3
    # Three, one, three and four shifts of the datasets.
    assert jobs["prepare_shift"] == 2 + 1 + 3 + 4
    # Initial networks with every seed's head: with and without the published weights.
    assert jobs["initialise_network"] == 4 * 2 * 2 * 5


def test_the_second_paper_has_288_runs_for_each_rate(tmp_path):
    plan = Plan(read_study(STUDIES / "very_large_dropout.yaml"))
    runs = [run.id.condition for run in plan.runs() if run.kind == "runs"]
    of_rate = {
        rate: [c for c in runs if plan.recipes[c].dropout == rate and "head" not in c]
        for rate in (0.5, 0.9, 0.95)
    }
    assert {rate: len(found) for rate, found in of_rate.items()} == {0.5: 288, 0.9: 288, 0.95: 288}
    assert sum(c.startswith("baseline") for c in runs) == 288
    jobs = jobs_of("very_large_dropout", tmp_path)
    # Runs with 0 and 0.9 are looked at along their training.
    assert jobs["finetune_along"] == 2 * 288
    # 0.5, 0.95, two with a faster head; the twin and two controls.
    assert jobs["finetune"] == 4 * 288 + 3 * 48
    assert (jobs["prepare_dataset"], jobs["prepare_shift"]) == (16, 16)
    assert (jobs["fetch_source"], jobs["fetch_backbone"]) == (4, 1)
    # Averages and ensembles along both, and over the settings: an average, a soup, an ensemble.
    # What the average of 0.9 is compared with has its statistics recomputed.
    assert jobs["average_weights"] == 3 * 288 + 2 * 48
    assert jobs["ensemble_predictions"] == 2 * 288 + 48


def test_the_shared_test_bed_and_the_full_digits(tmp_path):
    jobs = jobs_of("office_home", tmp_path)
    assert jobs["finetune"] + jobs["finetune_along"] == 24 * 5 * 5
    assert jobs["finetune_along"] == 2 * 5 * 5
    assert jobs["prepare_shift"] == 3 + 4
    jobs = jobs_of("digits_full", tmp_path)
    assert jobs["finetune"] + jobs["finetune_along"] == 34 * 10
    assert jobs["predict"] == (34 + 7) * 10


def test_the_curve_and_the_chain_of_synthetic_images(tmp_path):
    jobs = jobs_of("digits_synthetic", tmp_path)
    assert jobs["finetune"] == 19 * 3
    # One is the other with a filter, and takes its training.
    assert (jobs["train_generator"], jobs["generate_images"]) == (5, 6)
    # What each condition but the twin trains on, the test images, and every generator's.
    assert jobs["measure_diversity"] == 18 + 1 + 6


# Trials.


def without_checksums(study):
    """Return the study on data that are not the published ones."""
    study = copy.deepcopy(study)
    for entry in study["datasets"]:
        if entry.get("source", entry["name"]) not in ("digits", "solar_cells"):
            entry.setdefault("options", {})["checksums"] = False
    for place, entry in enumerate(study["shifts"]):
        if entry == "cifar10_1":
            study["shifts"][place] = {"name": "cifar10_1", "options": {"checksums": False}}
        elif isinstance(entry, dict) and entry["name"] == "cifar10_c":
            entry["options"] |= {"corruptions": ["gaussian_noise", "fog"]}
    return study


def write_cifar(data_root):
    published.write_cifar10(data_root)
    published.write_cifar10_1(data_root)
    published.write_cifar10_c(data_root)


TRIALS = {
    DEFAULT: lambda data_root: None,
    "data_diversity_clip": write_cifar,
    "data_diversity_scratch": write_cifar,
    "very_large_dropout": published.write_vlcs,
    "office_home": partial(published.write_office_home, per_class=10),
    "digits_full": lambda data_root: None,
    "digits_synthetic": lambda data_root: None,
}


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_of_the_study_runs_to_its_end(name, tmp_path):
    file = ROOT / "config.yaml" if name == DEFAULT else STUDIES / f"{name}.yaml"
    study = without_checksums(yaml.safe_load(file.read_text()))
    study |= {"scale": "nano", "seeds": 1, "device": "cpu", "data_root": str(tmp_path / "data")}
    if name == DEFAULT:  # along the training as well
        study["measurements"] = [{"name": "richness", "options": {"every": 4}}]
    TRIALS[name](tmp_path / "data")
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    run = snakemake(tmp_path, config=tmp_path / "study.yaml")
    assert run.returncode == 0, run.stdout[-5000:]
    results = tmp_path / "results" / f"{name}-nano"
    plan = Plan(read_study(tmp_path / "study.yaml"))
    rows = pq.read_table(results / "tables/scores.parquet").to_pandas()
    assert rows["condition"].nunique() == len(plan.conditions) + len(plan.derived)
    assert rows["accuracy"].notna().all()
    assert {row["shift"] for row in rows.to_dict("records")} > {"none"}
    assert (results / "report.html").stat().st_size > 1e6
    # And a contact sheet, and what is measured.
    more = 1 + 2 * (name == DEFAULT) + ("measurements" in study and name != DEFAULT)
    assert len(list((results / "figures").glob("*.png"))) == len(study["figures"]) + more
