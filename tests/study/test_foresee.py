"""`weightscape power`: what a study can find, in words, and what it cannot be told from."""

import subprocess
import sys

import pyarrow as pa
import pytest

from tests.helpers import tables
from tests.helpers.driving import ROOT
from weightscape.study.foresee import describe_power
from weightscape.study.load import ConfigError, read_study

DIGITS = ROOT / "studies" / "digits.yaml"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the folder of a finished study, its tables alone."""
    folder = tmp_path_factory.mktemp("results") / "planted"
    (folder / "tables").mkdir(parents=True)
    for name, table in tables.study().items():
        write(folder, name, table)
    return folder


def write(folder, name, table):
    pa.parquet.write_table(
        pa.Table.from_pandas(table, preserve_index=False), folder / f"tables/{name}.parquet"
    )


def power(*arguments, folder=ROOT):
    """Run the command; return the finished process."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "weightscape.cli", "power", *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip


def find(text, claim):
    """Return the cells of the line of a claim."""
    [line] = [line for line in text.splitlines() if line.startswith(f"  {claim} ")]
    return [cell.strip() for cell in line.strip().split("  ") if cell.strip()]


def test_every_claim_is_foreseen_or_has_its_reason(finished):
    study = read_study(DIGITS)
    text = describe_power(study, finished)
    for claim in study.all_claims:
        named = [line for line in text.splitlines() if line.startswith("  ")]
        assert any(claim.claim in line.replace(",", " ").replace(":", " ").split()
                   for line in named), claim.claim  # fmt: skip
    assert "B5-text, B6: needs text models" in text
    assert "digits: what 3 seeds find in 80 of 100 studies, at 5 % two-sided" in text
    assert "3 seeds, which is known to within a factor of 0.52 to 6.3" in text
    assert "up to 2 times as much" in text
    assert "is not known" not in text


def test_a_given_effect_has_its_seeds_and_declared_noise_is_taken():
    study = read_study(DIGITS)
    text = describe_power(
        study, noise={"shifted_accuracy": 0.01}, effects={"shifted_accuracy": 0.01}
    )
    assert find(text, "1") == [
        "1", "dropout (≥ 0.9, ≤ 0.9) up", "1", "shifted_accuracy", "0.033", "0.01", "10",
    ]  # fmt: skip
    assert "noise, as given: shifted_accuracy 0.01" in text
    assert "nothing says the noise of accuracy_gap" in text
    tiny = describe_power(study, noise={"shifted_accuracy": 1}, effects={"shifted_accuracy": 0.01})
    assert find(tiny, "1")[-1] == "> 100"


def test_an_accuracy_is_the_score_of_the_study():
    study = read_study(ROOT / "config.yaml")
    text = describe_power(study, noise={"shifted_accuracy": 0.01})
    assert find(text, "1")[3] == "shifted_balanced_accuracy"


def test_images_that_are_not_known_are_said(finished, tmp_path):
    (tmp_path / "tables").mkdir()
    for name in ("runs", "spectra", "scores"):
        (tmp_path / f"tables/{name}.parquet").symlink_to(finished / f"tables/{name}.parquet")
    text = describe_power(read_study(DIGITS), tmp_path)
    assert "what the test images add to it is not known" in text


def test_every_shipped_study_can_be_foreseen(finished):
    files = sorted((ROOT / "studies").glob("*.yaml"))
    for file in [*files, ROOT / "config.yaml"]:
        study = read_study(file)
        if study.conditions and len(study.all_conditions) < 60:
            assert "not testable:" in describe_power(study, finished), file


def test_mistakes_end_in_one_message(finished, tmp_path):
    study = read_study(DIGITS)
    table = tables.study()["runs"]
    (tmp_path / "tables").mkdir()
    write(tmp_path, "runs", table[table["condition"] != "twin"])
    for options, message in (
        ({}, "nothing says its noise; give `--from`"),
        ({"finished": tmp_path / "x"}, "name the folder of a finished study, such as"),
        ({"finished": tmp_path}, "it has no twin; name another, or give `--noise`"),
        ({"noise": {"log_nrm": 1}}, "--noise: 'log_nrm' is no metric to compare; did you mean"),
        ({"noise": {"ece": 1}, "effects": {"x": 1}}, "--effect: 'x' is no metric to compare"),
    ):
        with pytest.raises(ConfigError, match=message):
            describe_power(study, **options)
    for changes, message in (
        ({"seeds": 1}, "seeds: 1 has no spread to judge by; give 2 or more"),
        ({"conditions": ()}, "no conditions, so that there is nothing to find"),
    ):
        with pytest.raises(ConfigError, match=message):
            describe_power(study.model_copy(update=changes), finished)
    write(tmp_path, "runs", table.drop(columns="reference"))
    with pytest.raises(ConfigError, match="the table runs lacks the columns reference"):
        describe_power(study, tmp_path)
    (tmp_path / "tables/runs.parquet").write_text("no table")
    with pytest.raises(ConfigError, match=f"--from {tmp_path}: "):
        describe_power(study, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["studies/digit.yaml"], 1, "there is no such study; did you mean studies/digits.yaml?"),
        (["nowhere/x.yaml"], 1, "nowhere/x.yaml: there is no such study\n"),
        (["README.md"], 1, "README.md"),
        (["studies/checkpoints.yaml", "--noise", "ece=1"], 1, "there is nothing to find"),
        (["studies/digits.yaml", "--noise", "ece=0"], 2, "a metric and a number above 0"),
        (["studies/digits.yaml", "--noise", "ece"], 2, "a metric and a number above 0"),
        (["studies/digits.yaml", "--effect", "ece=x"], 2, "a metric and a number above 0"),
    ],
)
def test_the_command_ends_in_one_message(arguments, status, message):
    done = power(*arguments)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_command_reads_the_studys_own_results_where_there_are_some(finished, tmp_path):
    (tmp_path / "results").mkdir()
    assert power(DIGITS, folder=tmp_path).returncode == 1
    (tmp_path / "results/digits").symlink_to(finished)
    own = power(DIGITS, folder=tmp_path)
    assert own.returncode == 0, own.stderr
    assert own.stderr == "reading the tables in results/digits\n"
    named = power(DIGITS, "--from", finished, "--effect", "accuracy=0.1", folder=tmp_path)
    assert named.returncode == 0, named.stderr
    assert find(own.stdout, "1") == find(named.stdout, "1")
