"""The digest of code: what changes it, and what does not."""

import shutil

import pytest

from weightscape.engine import code, digest
from weightscape.engine.digest import code_digest, reach


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of four modules: a script reaches one of them, and by it another."""
    source = tmp_path / "weightscape"
    source.mkdir()
    files = {
        "__init__.py": "",
        "used.py": '"""Doc."""\nimport json\nfrom weightscape.deep import f\n\n'
        "def g():\n    return f\n",
        "deep.py": "import numpy\n\ndef f():\n    return 1\n",
        "unused.py": "x = 1\n",
        "plugin.py": "y = 1\n",
    }
    for name, text in files.items():
        (source / name).write_text(text)
    script = tmp_path / "rule.py"
    script.write_text(
        "from typing import TYPE_CHECKING\nfrom weightscape.used import g\n"
        "if TYPE_CHECKING:\n    from weightscape.unused import x\n"
    )
    monkeypatch.setattr(digest, "SOURCE", source)

    def value(*modules):
        code.read_code.cache_clear()
        return code_digest(script, modules)

    return source, script, value


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("deep.py", "return 1", "return 2", True),
        ("used.py", "return f", "return f()", True),
        ("used.py", "import json", "import csv", True),
        ("used.py", "Doc.", "Other words.", False),
        ("deep.py", "return 1", "return 1\n\nX = 1", True),
        ("deep.py", "import numpy", 'import numpy\n"""What numpy is for."""', False),
        ("used.py", "import json", "# why\nimport json", False),
        ("deep.py", "\n\ndef", "\n\n\n\n\ndef", False),
        ("unused.py", "x = 1", "x = 2", False),
        ("plugin.py", "y = 1", "y = 2", False),
    ],
)
def test_only_code_that_is_reached_counts(package, file, old, new, changes):
    source, _, value = package
    before = value()
    text = (source / file).read_text()
    assert old in text
    (source / file).write_text(text.replace(old, new))
    assert (value() != before) == changes


def test_a_named_plugin_counts(package):
    source, _, value = package
    before = value("weightscape.plugin")
    assert before != value()
    (source / "plugin.py").write_text("y = 2\n")
    assert value("weightscape.plugin") != before


def test_a_script_counts_and_its_time_stamp_does_not(package):
    _, script, value = package
    before = value()
    shutil.copy(script, script.with_suffix(".bak"))
    script.touch()
    assert value() == before
    script.write_text(script.read_text() + "g()\n")
    assert value() != before


def test_the_version_of_a_package_that_is_imported_counts(package, monkeypatch):
    _, _, value = package
    before = value()
    monkeypatch.setattr(digest, "_version", lambda name: "0.0")
    assert value() != before


def test_reach_names_distributions_and_leaves_the_standard_library(package):
    _, script, value = package
    value()
    assert set(reach(script).versions) == {"numpy"}
