"""What Snakemake is asked, and what it may answer."""

import pytest

from tests.helpers.driving import NANO, ROOT
from weightscape.engine.planned import Asked, check_plain, find_results, plan_files, plan_job

STUDIES = [NANO, ROOT / "config.yaml", *sorted((ROOT / "studies").glob("*.yaml"))]


def test_the_study_is_named_as_snakemake_is_given_it():
    assert Asked().options == []
    assert Asked(["a.yaml", "b.yaml"], ["scale=nano"], "there/Snakefile").options == [
        "--snakefile", "there/Snakefile", "--configfile", "a.yaml", "b.yaml",
        "--config", "scale=nano",
    ]  # fmt: skip


def test_plain_json_is_accepted():
    check_plain({"a": [1, 2.5, "x", True, None, {"b": []}]}, "the params of make")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": (1, 2)}, "the params of make, a are of the type tuple"),
        ({"a": [{"b": {1, 2}}]}, "the params of make, a, 0, b are of the type set"),
        ({"a": {1: 2}}, "the params of make, a have the key 1"),
        ({"a": Asked()}, "the params of make, a are of the type Asked"),
    ],
)
def test_what_is_no_plain_json_is_named(value, message):
    with pytest.raises(TypeError, match=message):
        check_plain(value, "the params of make")


def test_the_folder_of_a_study_is_where_its_manifest_lies():
    files = dict.fromkeys(["results/fetched/x.json", "results/mine/manifest.json"])
    assert str(find_results(files)) == "results/mine"


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.stem)
def test_all_params_of_all_jobs_are_plain_json(study, monkeypatch, capfd):
    monkeypatch.chdir(ROOT)
    config = [] if study == NANO else ["scale=nano"]
    planned = plan_files(Asked([str(study)], config))
    assert planned, capfd.readouterr().err
    assert all(len(plan["params"]["code"][0]) == 16 for plan in planned.values())


@pytest.mark.slow
def test_a_job_is_planned_with_all_that_its_script_is_given(monkeypatch):
    monkeypatch.chdir(ROOT)
    file = "results/nano/runs/digits/tiny/baseline/seed-1/model.safetensors"
    plan = plan_job(Asked([str(NANO)]), file)
    assert plan["rule"] == "finetune"
    assert plan["script"] == str(ROOT / "workflow/scripts/finetune.py")
    assert plan["wildcards"]["condition"] == "baseline"
    assert file in plan["output"]["files"]
    assert plan["input"]["names"]["train"] == [0, None]
    assert plan["params"]["recipe"]["epochs"] == 1


@pytest.mark.slow
def test_a_file_that_no_rule_makes_is_named(monkeypatch, capfd):
    monkeypatch.chdir(ROOT)
    assert plan_job(Asked([str(NANO)]), "results/nano/nothing.txt") is None
    assert "results/nano/nothing.txt" in capfd.readouterr().err
