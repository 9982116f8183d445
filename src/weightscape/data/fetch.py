"""The files that sources and shifts read: seen to before anything is made of them."""

from pathlib import Path

from weightscape.config.plugins import find_plugin
from weightscape.config.shift import Shift
from weightscape.config.source import Source


def fetch_files(module: str, data_root: str | Path) -> dict[str, int]:
    """See to the files that a source of data or a shift reads; return their sizes by name.

    Parameters
    ----------
    module : str
        Of the plug-in, such as ``weightscape.data.cifar10``.
    data_root : str or Path
        The folder of downloads.

    Raises
    ------
    FileNotFoundError, ValueError
        As of the plug-in's `fetch`.
    """
    _, folder, name = module.split(".")
    of_data = folder == Source.folder
    plugin = find_plugin(Source, name) if of_data else find_plugin(Shift, name)
    files = plugin.fetch(Path(data_root))
    # Where an installed package lies is nobody's concern; its files go by their names.
    return {
        str(file.relative_to(data_root) if file.is_relative_to(data_root) else file.name): (
            file.stat().st_size
        )
        for file in sorted(files)
    }
