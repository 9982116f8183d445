"""A finished nano study, made once for all tests."""

import pytest
from driving import snakemake


@pytest.fixture(scope="session")
def nano(tmp_path_factory):
    """Return the folder of a nano study that Snakemake has finished."""
    folder = tmp_path_factory.mktemp("nano")
    run = snakemake(folder)
    assert run.returncode == 0, run.stdout[-5000:]
    (folder / "stdout.txt").write_text(run.stdout)
    return folder
