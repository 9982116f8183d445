"""The names that people call from a notebook."""

import subprocess
import sys

import pytest

import weightscape


@pytest.mark.parametrize("name", weightscape.__all__)
def test_a_name_is_what_its_module_defines(name):
    assert getattr(weightscape, name).__module__.startswith("weightscape.")
    assert name in dir(weightscape)


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        weightscape.missing  # noqa: B018


def test_nothing_is_imported_before_it_is_asked_for():
    code = (
        "import sys, weightscape; print([m for m in sys.modules if m.startswith('weightscape.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
