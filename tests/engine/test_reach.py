"""What scripts reach by static import: no plug-in, nothing of Snakemake's side."""

import re

import pytest

from tests.helpers.driving import ROOT
from tests.helpers.edits import SCRIPTS, nano_plan, plugins_of
from weightscape.config.augmentation import Augmentation
from weightscape.config.figure import Figure
from weightscape.config.generator import Generator
from weightscape.config.measurement import Measurement
from weightscape.config.plugins import plugin_names
from weightscape.config.shift import Shift
from weightscape.config.source import Source
from weightscape.engine.code import PACKAGE, read_code
from weightscape.engine.digest import PAGES, SOURCE, reach

KINDS = (Augmentation, Figure, Generator, Measurement, Shift, Source)
PLUGINS = {f"{kind.folder}/{name}.py" for kind in KINDS for name in plugin_names(kind)}
WORDS = re.compile(r"attr='(better|caption|credit|description|label|unit)'")


def names(script, modules=()):
    """Return the files of the package that a script reaches, from the folder of the package."""
    files = reach(script, modules).files
    return {f.relative_to(SOURCE).as_posix() for f in files if f.is_relative_to(SOURCE)}


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda script: script.stem)
def test_a_script_reaches_no_plugin_and_nothing_of_snakemakes_side(script):
    reached = names(script)
    assert not reached & PLUGINS
    assert {name for name in reached if name.startswith("engine/")} <= {"engine/job.py"}
    assert not reached & {"cli.py", "study/plan.py", "study/study.py", "study/paths.py"}


def test_all_kinds_of_plugins_are_looked_for():
    assert len({name.split("/")[0] for name in PLUGINS}) == 6
    assert len(PLUGINS) > 60


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda script: script.stem)
def test_words_that_are_left_out_are_read_by_nothing_that_stays_in(script):
    if script.stem in PAGES:
        return
    for modules in plugins_of(script.stem, nano_plan()):
        for file in reach(script, modules).files:
            name = file.relative_to(SOURCE).as_posix() if file.is_relative_to(SOURCE) else ""
            module = f"{PACKAGE}.{name[:-3].replace('/', '.')}" if name else ""
            found = set(WORDS.findall(read_code(file, module, words=False).text))
            assert not found - READ.get(name, set()), name or file.name


READ = {"generators/_unet.py": {"label"}, "comparison/metrics.py": {"label"}}
"""A name of another thing, and the function `label_of`, which figures and pages alone call."""


def test_modules_are_found_by_name_only_where_the_digest_is_told_of_them():
    found = {
        file.relative_to(SOURCE).as_posix()
        for file in SOURCE.rglob("*.py")
        if re.search(r"\bimport_module\(|__import__\(", file.read_text("utf-8"))
    }
    assert found <= {"config/plugins.py", "tables/registry.py", "__init__.py"}


def test_no_module_takes_private_texts_of_another():
    # The digest leaves out those that a module itself does not read.
    pattern = re.compile(r"^from weightscape\S+ import .*\b_[A-Z]|\b_?[a-z]+\._[A-Z]{2}", re.M)
    files = [*SOURCE.rglob("*.py"), *(ROOT / "workflow/scripts").glob("*.py")]
    assert [file for file in files if pattern.search(file.read_text("utf-8"))] == []


def test_labels_are_asked_for_by_figures_and_pages_alone():
    callers = {
        file.relative_to(SOURCE).parts[0]
        for file in SOURCE.rglob("*.py")
        if re.search(r"(?<!def )\blabel_of\b", file.read_text("utf-8"))
    }
    assert callers <= {"figures", "report"}
