"""How published files get here, and what is said where they cannot."""

import functools
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
from urllib.parse import parse_qs

import pytest

from tests.helpers import published
from weightscape.data import _published, dtd
from weightscape.data._published import check, checksum, download, fetch_archive, unpack
from weightscape.data.cifar10 import Cifar10
from weightscape.data.dtd import Dtd
from weightscape.data.office_home import OfficeHome
from weightscape.data.pacs import Pacs
from weightscape.data.svhn import Svhn
from weightscape.shifts import cifar10_1
from weightscape.shifts.cifar10_1 import Cifar101
from weightscape.shifts.cifar10_c import Cifar10C


def md5(data):
    return f"md5:{hashlib.md5(data).hexdigest()}"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; what the Hugging Face hub is asked for, too, from its folder `hub`."""

    def log_message(self, *arguments):
        pass

    def send_head(self):
        name = re.sub(r"^/datasets/.+/resolve/\w+/", "/hub/", self.path)
        self.hub, self.path = name != self.path, name
        return super().send_head()

    def end_headers(self):
        file = self.translate_path(self.path)
        if getattr(self, "hub", False) and os.path.isfile(file):
            with open(file, "rb") as opened:
                self.send_header("ETag", hashlib.sha256(opened.read()).hexdigest())
            self.send_header("X-Repo-Commit", OfficeHome.published.hub.revision)
        super().end_headers()

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        answer = []
        for name in parse_qs(self.rfile.read(length).decode())["paths"]:
            with open(self.translate_path(f"/hub/{name}"), "rb") as file:
                sha256 = hashlib.sha256(file.read()).hexdigest()
            lfs = {"size": 1, "oid": sha256, "sha256": sha256, "pointerSize": 1}
            answer.append({"type": "file", "path": name, "size": 1, "oid": "0", "lfs": lfs})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


@pytest.fixture
def server(tmp_path):
    """Serve the folder `served`; give it and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


# Checksums


def test_checksums_are_those_of_md5sum_and_git(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"hello\n")
    assert checksum(file, "md5") == "b1946ac92492d2347c6235b4d2611184"
    assert checksum(file, "git") == "ce013625030ba8dba906f756967f9e9ca394464a"
    check(file, "git:ce013625030ba8dba906f756967f9e9ca394464a")
    with pytest.raises(ValueError, match=r"x is not the published file.*b1946.*should be abc"):
        check(file, "md5:abc")


# Downloads


def test_a_download_is_whole_and_as_published_or_not_at_all(tmp_path, server):
    folder, url = server
    content = os.urandom(3 * _published.CHUNK + 5)
    (folder / "set.bin").write_bytes(content)
    target = tmp_path / "data" / "set.bin"
    with pytest.raises(ValueError, match=r"data.set\.bin is not the published file"):
        download(f"{url}/set.bin", target, md5(b"other"))
    assert list(target.parent.iterdir()) == []
    download(f"{url}/set.bin", target, md5(content))
    assert target.read_bytes() == content
    with pytest.raises(
        FileNotFoundError, match=rf"x is missing and .* \(File not found\).*{url}/x"
    ):
        download(f"{url}/x", tmp_path / "x", md5(b""))


def test_a_download_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr("urllib.request.urlopen", broken)
    with pytest.raises(FileNotFoundError, match="reset by peer"):
        download("http://x/y", tmp_path / "y", md5(b""))
    assert list(tmp_path.iterdir()) == []


def archive_of(folder, target):
    with tarfile.open(target, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)
    return md5(target.read_bytes())


def test_an_archive_is_downloaded_unpacked_and_kept(tmp_path, server):
    folder, url = server
    (folder / "inside" / "set").mkdir(parents=True)
    (folder / "inside" / "set" / "a.txt").write_text("a")
    (folder / "inside" / "set" / "b.txt").write_text("b")
    published_sum = archive_of(folder / "inside", folder / "set.tar.gz")
    root = tmp_path / "data"
    files = [root / "set" / "a.txt", root / "set" / "b.txt"]
    fetch = functools.partial(
        fetch_archive, files, f"{url}/set.tar.gz", root / "set.tar.gz", published_sum
    )
    assert fetch() == files and [file.read_text() for file in files] == ["a", "b"]
    (folder / "set.tar.gz").unlink()
    files[1].unlink()  # what is left of a run that was killed while unpacking
    (root / ".set.tar.gz.unpacked" / "set").mkdir(parents=True)
    (root / ".set.tar.gz.unpacked" / "set" / "b.txt").write_text("half")
    files[0].write_text("mine")
    assert fetch() == files and files[1].read_text() == "b"
    assert sorted(path.name for path in root.iterdir()) == ["set", "set.tar.gz"]
    files[0].unlink()
    (root / "set.tar.gz").write_bytes(b"cut off")
    with pytest.raises(ValueError, match=r"set\.tar\.gz is not the published file"):
        fetch()


def test_an_archive_cannot_write_outside(tmp_path):
    (tmp_path / "x").write_text("x")
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.add(tmp_path / "x", "../outside")
    (tmp_path / "in").mkdir()
    with pytest.raises(tarfile.OutsideDestinationError):
        unpack(tmp_path / "evil.tar", tmp_path / "in")
    assert not (tmp_path / "outside").exists()


def test_cifar_is_fetched_from_its_archive(tmp_path, server, monkeypatch):
    import torchvision.datasets as torchvision

    folder, url = server
    published.write_cifar10(folder / "inside")
    published_sum = archive_of(folder / "inside", folder / "cifar.tar.gz")
    monkeypatch.setattr(torchvision.CIFAR10, "url", f"{url}/cifar.tar.gz")
    monkeypatch.setattr(torchvision.CIFAR10, "tgz_md5", published_sum.removeprefix("md5:"))
    files = Cifar10.fetch(tmp_path / "data")
    assert len(files) == 7 and all(file.is_file() for file in files)
    monkeypatch.setattr(torchvision.CIFAR10, "tgz_md5", "0")
    assert Cifar10.fetch(tmp_path / "data") == files  # nothing is missing, nothing is downloaded


def test_textures_are_fetched_from_their_archive(tmp_path, server, monkeypatch):
    folder, url = server
    published.write_dtd(folder / "inside", classes=2, per_class=3)
    published_sum = archive_of(folder / "inside" / "dtd", folder / "dtd.tar.gz")
    monkeypatch.setattr(dtd, "URL", f"{url}/dtd.tar.gz")
    monkeypatch.setattr(dtd, "MD5", published_sum.removeprefix("md5:"))
    files = Dtd.fetch(tmp_path / "data")
    assert len(files) == 30 + 6
    files[-1].unlink()  # an image is missing: the archive is there
    assert Dtd.fetch(tmp_path / "data") == files and files[-1].is_file()


def test_cifar10_1_is_fetched_file_by_file(tmp_path, server, monkeypatch):
    folder, url = server
    published.write_cifar10_1(folder)
    files = {
        name: f"git:{checksum(folder / 'cifar10.1' / name, 'git')}" for name in cifar10_1.FILES
    }
    monkeypatch.setattr(cifar10_1, "URL", f"{url}/cifar10.1/")
    with pytest.raises(ValueError, match=r"v6_data\.npy is not the published.*24349cc5f"):
        Cifar101.fetch(tmp_path / "data")
    monkeypatch.setattr(cifar10_1, "FILES", files)
    assert [file.name for file in Cifar101.fetch(tmp_path / "data")] == list(files)


def test_the_hub_is_asked_for_what_is_missing(tmp_path, server):
    folder, url = server
    hub = folder / "hub"
    files = [hub / name for name in OfficeHome.published.hub.files]
    published.write_parquet(files, OfficeHome.published.domains, ["a", "b"])
    code = (
        "import pathlib, sys\n"
        "from weightscape.config.plugins import find_plugin\n"
        "from weightscape.config.source import Source\n"
        "print(*find_plugin(Source, sys.argv[2]).fetch(pathlib.Path(sys.argv[1])))\n"
    )
    environment = os.environ | {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "home")}
    environment |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1"}

    def fetch(plugin="office_home"):
        command = [sys.executable, "-c", code, str(tmp_path / "data"), plugin]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    done = fetch()
    assert done.returncode == 0, done.stderr
    there = [tmp_path / "data" / "office_home" / name for name in OfficeHome.published.hub.files]
    assert done.stdout.split() == [str(file) for file in there]
    assert [file.read_bytes() for file in there] == [file.read_bytes() for file in files]
    there[1].unlink()
    files[1].unlink()
    done = fetch()
    assert re.search("FileNotFoundError: .*00001-of-00003.parquet is missing", done.stderr)
    published.write_parquet([hub / "data" / "train-00000-of-00001.parquet"], ["photo"], ["dog"])
    assert "is not the published file: its sha256" in fetch("pacs").stderr
    assert not list((tmp_path / "data" / "PACS").rglob("*.parquet"))


# Without a network


@pytest.mark.parametrize(
    ("plugin", "file", "source"),
    [
        (Cifar10, "cifar-10-python.tar.gz", "put there what .*cifar-10-python.tar.gz gives"),
        (Svhn, "svhn/train_32x32.mat", "put there what .*train_32x32.mat gives"),
        (Dtd, "dtd/dtd-r1.0.1.tar.gz", "put there what .*dtd-r1.0.1.tar.gz gives"),
        (OfficeHome, "office_home/data/train-00000-of-00003.parquet", "flwrlabs/office-home"),
        (Pacs, "PACS/data/train-00000-of-00001.parquet", "or the folders art_painting, cartoon"),
        (Cifar101, "cifar10.1/cifar10.1_v6_data.npy", "put there what .*v6_data.npy gives"),
        (Cifar10C, "CIFAR-10-C.tar", "put there what .*CIFAR-10-C.tar gives"),
    ],
)
def test_offline_it_is_said_what_to_put_where(tmp_path, offline, plugin, file, source):
    path = re.escape(str(tmp_path / file))
    complaint = rf"^{path} is missing and cannot be downloaded \(HF_HUB_OFFLINE is set\);.*{source}"
    with pytest.raises(FileNotFoundError, match=complaint):
        plugin.fetch(tmp_path)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
