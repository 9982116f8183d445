"""What planning imports: the classes of plug-ins, and nothing that is heavy."""

import subprocess
import sys

HEAVY = (
    *("torch", "torchvision", "numpy", "scipy", "sklearn", "PIL", "matplotlib", "pandas"),
    *("pyarrow", "huggingface_hub"),
)


def heavy_imports(plugins):
    """Return what is imported that should not be, with the options of plug-ins.

    Their names are by kind, which is a module of the config and a class, as ``source.Source``.
    """
    code = (
        "import sys\n"
        "from importlib import import_module\n"
        "from weightscape.config.plugins import find_plugin\n"
        f"for kind, names in {plugins}.items():\n"
        "    module, name = kind.split('.')\n"
        "    base = getattr(import_module('weightscape.config.' + module), name)\n"
        "    for plugin in names:\n"
        "        assert find_plugin(base, plugin).model_json_schema()\n"
        f"print(*sorted({set(HEAVY)} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()
