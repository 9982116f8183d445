"""Plug-ins: found by name, complete, and of their kind; or refused with one message."""

import importlib
import sys

import pytest

from weightscape.config import plugins
from weightscape.config.augmentation import Augmentation
from weightscape.config.figure import Figure
from weightscape.config.generator import Generator
from weightscape.config.measurement import Measurement
from weightscape.config.plugins import find_plugin, make_plugin, plugin_names
from weightscape.config.shift import Shift
from weightscape.config.source import DatasetEntry, Source


@pytest.fixture
def write(monkeypatch, tmp_path):
    """Return a function that writes a plug-in of a kind, `Augmentation` if none is said."""
    for kind in (Augmentation, Measurement, Figure):
        (tmp_path / kind.folder).mkdir()
        package = importlib.import_module(f"weightscape.{kind.folder}")
        monkeypatch.setattr(package, "__path__", [str(tmp_path / kind.folder)])
    monkeypatch.setattr(plugins, "ROOT", tmp_path)
    plugin_names.cache_clear()

    def write(name, text, kind=Augmentation):
        head = f"from {kind.__module__} import {kind.__name__}\n"
        head += "from weightscape.config.metric import Metric\n"
        (tmp_path / kind.folder / f"{name}.py").write_text(head + text)
        monkeypatch.delitem(sys.modules, f"weightscape.{kind.folder}.{name}", raising=False)
        plugin_names.cache_clear()
        importlib.invalidate_caches()

    yield write
    plugin_names.cache_clear()
    for name in [each for each in sys.modules if each.startswith("weightscape.")]:
        if str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def test_a_plugin_is_the_class_of_its_modules_name(write):
    write("upside_down", "class UpsideDown(Augmentation):\n    p: float = 0.5\n"
          "    def __call__(self, images, generator): return images\n")  # fmt: skip
    assert plugin_names(Augmentation) == ["upside_down"]
    made = make_plugin(Augmentation, "upside_down", {"p": 1})
    assert type(made).__name__ == "UpsideDown" and made.p == 1
    with pytest.raises(ValueError, match=r"upside_down: q: unknown key.*allowed are p"):
        make_plugin(Augmentation, "upside_down", {"q": 1})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "class Odd(Augmentation):\n    def __call__(self, images): return images\n",
            r"augment/odd.py: Odd.__call__ takes \(self, images\), and should take"
            r" \(self, images, generator\)",
        ),
        ("class Odd(Augmentation):\n    p: float = 0.5\n", r"augment/odd.py: Odd lacks __call__"),
        ("class Odd():\n    pass\n", r"augment/odd.py: Odd is no class under Augmentation"),
    ],
)
def test_what_is_no_complete_plugin_is_named(write, text, words):
    write("odd", text)
    with pytest.raises(ValueError, match=words):
        find_plugin(Augmentation, "odd")


CALL = "    def __call__(self, images, generator): return images\n"
MEASURE = "    def __call__(self, subject): return []\n"
DRAW = "    def numbers(self, tables): pass\n    def draw(self, numbers): pass\n"
M = "    metrics = (Metric('m', 'It.'),)\n"


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        # The module.
        (Augmentation, f"    p: Many = 1\n{CALL}", "cannot be imported: NameError: name 'Many'"),
        (Augmentation, f"    p = (\n{CALL}", "cannot be imported: SyntaxError"),
        (Augmentation, f"{CALL}import no_such_thing\n", "cannot be imported: ModuleNotFoundError"),
        (Augmentation, f"{CALL}raise SystemExit(3)\n", "cannot be imported: SystemExit: 3"),
        (Augmentation, f"    p = 1\n{CALL}", "cannot be imported: .*non-annotated.* `p = 1`"),
        (Augmentation, f"    p: type(iter([])) = 1\n{CALL}", "cannot be imported: Pydantic"),
        # Its options.
        (Augmentation, f"    p: int = 'no'\n{CALL}", "the default of p is 'no': .*valid integer"),
        (
            Measurement,
            f"{M}    every: str = '3'\n{MEASURE}",
            "the default of every is '3': .*integ",
        ),
        # What the class says.
        (Measurement, MEASURE, "Odd lacks metrics"),
        (Measurement, f"    metrics = Metric('m', 'It.')\n{MEASURE}", "metrics is Metric.*tuple"),
        (Measurement, f"    metrics = ()\n{MEASURE}", r"metrics is \(\): .*at least 1 item"),
        (Measurement, f"    metrics = ('m',)\n{MEASURE}", "metrics is .*an instance of Metric"),
        (Measurement, f"    metrics: tuple = ()\n{MEASURE}", "metrics is no option; declare it as"),
        (Measurement, f"{M}    __call__ = 3\n", r"__call__ is no method, and should take \(self, "),
        (Figure, f"    caption = 'It.'\n{DRAW}", "Odd lacks tables"),
        (Figure, f"    tables = ('runs',)\n{DRAW}", "Odd lacks caption"),
        (Figure, f"    tables = 'runs'\n    caption = 'It.'\n{DRAW}", "tables is 'runs': .*tuple"),
    ],
)
def test_what_is_wrong_with_a_plugin_is_said_with_its_file(write, kind, body, words):
    write("odd", f"class Odd({kind.__name__}):\n{body}", kind)
    with pytest.raises(ValueError, match=rf"^weightscape/{kind.folder}/odd\.py.*{words}") as error:
        find_plugin(kind, "odd")
    assert "\n" not in str(error.value)


def test_an_option_without_a_default_is_none_of_these(write):
    write("odd", f"class Odd(Augmentation):\n    p: int\n{CALL}")
    with pytest.raises(ValueError, match="odd: p: Field required"):
        make_plugin(Augmentation, "odd")
    assert make_plugin(Augmentation, "odd", {"p": 2}).p == 2


def test_a_module_without_its_class_is_named(write):
    write("odd", f"class Strange(Augmentation):\n{CALL}")
    with pytest.raises(ValueError, match=r"weightscape/augment/odd.py has no class Odd$"):
        find_plugin(Augmentation, "odd")


@pytest.mark.parametrize("kind", [Augmentation, Figure, Generator, Measurement, Shift, Source])
def test_every_plugin_is_complete(kind):
    assert all(issubclass(find_plugin(kind, name), kind) for name in plugin_names(kind))


@pytest.mark.parametrize("name", ["zoom", "", "../augment", "_chance", "os", "Trivial"])
def test_a_name_that_is_none_lists_those_there_are(name):
    with pytest.raises(ValueError, match=r"is not one of weightscape.augment: .*trivial_augment"):
        find_plugin(Augmentation, name)


def test_an_entry_builds_what_it_names():
    entry = DatasetEntry.model_validate("digits")
    assert isinstance(entry.build(), Source) and entry.modules == ["weightscape.data.digits"]
    assert DatasetEntry(**entry.slice()) == entry
