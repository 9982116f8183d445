"""Checkpoints of the Hugging Face hub: its cache, and a server that stands in for it."""

import hashlib
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest
import timm
import torch
from safetensors.torch import save, save_file

from tests.helpers.bad_checkpoints import sound
from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.find import find_checkpoints, open_checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
READ = """
import json, sys
from weightscape.checkpoints.find import find_checkpoints, open_checkpoints
from weightscape.checkpoints.checkpoint import CheckpointError
try:
    found = find_checkpoints(sys.argv[1])
    opened = [each for entry in found if not entry.reason for each in open_checkpoints(entry.name)]
    about = [[c.name, list(c.parameters), dict(c.config), c.revision, c.sha256] for c in opened]
    print(json.dumps(about))
except CheckpointError as error:
    print(json.dumps(str(error)))
assert "torch" not in sys.modules
"""


def read(name, home, **environment):
    """Return what a process makes of a name, whose cache of the hub is in `home`."""
    done = subprocess.run(
        [sys.executable, "-c", READ, name],
        capture_output=True, text=True, check=False,
        env=os.environ | {"HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write_cache(home, commit, files, ref=None):
    """Write a snapshot as the hub's library keeps it: links to blobs that are named by hash."""
    repository = home / "hub/models--org--net"
    for name, content in files.items():
        large = name.endswith((".safetensors", ".bin"))
        blob = (hashlib.sha256 if large else hashlib.sha1)(content).hexdigest()
        (repository / "blobs").mkdir(parents=True, exist_ok=True)
        (repository / "blobs" / blob).write_bytes(content)
        link = repository / "snapshots" / commit / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(repository / "blobs" / blob, link.parent))
    if ref:
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / ref).write_text(commit)
    return repository


@pytest.fixture
def home(tmp_path):
    files = {"model.safetensors": save(sound()), "config.json": b'{"model_type": "bert"}'}
    write_cache(tmp_path, COMMIT, files, ref="main")
    return tmp_path


@pytest.mark.parametrize("revision", ["", "@main", f"@{COMMIT}", f"@{COMMIT}/model.safetensors"])
def test_what_the_cache_has_is_read_without_network(home, revision):
    digest = hashlib.sha256(save(sound())).hexdigest()
    name = f"hf:org/net@{COMMIT}/model.safetensors"
    ((found, parameters, config, commit, sha256),) = read(
        f"hf:org/net{revision}", home, HF_HUB_OFFLINE="1"
    )
    assert (found, parameters, config) == (name, ["fc.weight"], {"model_type": "bert"})
    assert (commit, sha256) == (COMMIT, digest)


@pytest.mark.parametrize(
    ("name", "environment", "told"),
    [
        ("hf:org/other", {"HF_HUB_OFFLINE": "1"}, "hf download org/other --revision main"),
        ("hf:org/net@v2", {"HF_HUB_OFFLINE": "1"}, "hf download org/net --revision v2"),
        ("hf:org/other", {"HF_ENDPOINT": "http://127.0.0.1:9"}, "connect to the network once"),
        ("hf:", {}, "is no name of a repository; give hf:<owner>/<name>"),
        ("hf:a/b/c", {}, "is no name of a repository"),
    ],
)
def test_what_cannot_be_had_is_one_line_with_the_remedy(home, name, environment, told):
    message = read(name, home, **environment)
    assert message.startswith(f"{name}: ")
    assert told in message
    assert "\n" not in message


def test_a_snapshot_without_weights(tmp_path):
    write_cache(tmp_path, COMMIT, {"config.json": b"{}"}, ref="main")
    message = read("hf:org/net", tmp_path, HF_HUB_OFFLINE="1")
    assert "holds no checkpoint; connect to the network once" in message


class Hub(BaseHTTPRequestHandler):
    """A repository of the hub, as far as its library asks for it."""

    files: ClassVar[dict[str, bytes]] = {}
    fetched: ClassVar[list[str]] = []

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, with_body):
        path = self.path.partition("?")[0]
        api, resolve = "/api/models/org/net", f"/org/net/resolve/{COMMIT}/"
        if path in (f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            siblings = [{"rfilename": name} for name in self.files]
            self._send(json.dumps({"id": "org/net", "sha": COMMIT, "siblings": siblings}).encode())
        elif path.startswith(f"{api}/tree/"):
            tree = [{"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
                    for name, content in self.files.items()]  # fmt: skip
            self._send(json.dumps(tree).encode())
        elif path.startswith(resolve):
            name = path.removeprefix(resolve)
            if with_body:
                self.fetched.append(name)
            etag = hashlib.sha256(self.files[name]).hexdigest()
            self._send(self.files[name], with_body, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})
        else:
            code = "RevisionNotFound" if path.startswith(api) else "RepoNotFound"
            self._send(b"{}", with_body, {"X-Error-Code": code}, status=404)

    def _send(self, content, with_body=True, headers=None, status=200):
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    Hub.fetched.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_one_form_of_the_weights_is_downloaded_and_named_by_its_commit(tmp_path, hub):
    weights = save(sound())
    Hub.files = {
        "README.md": b"words", "config.json": b'{"a": 1}', "model.safetensors": weights,
        "pytorch_model.bin": b"x", "tf_model.h5": b"x", "onnx/model.onnx": b"x",
        "model.fp16.safetensors": b"x", "vae/diffusion_pytorch_model.safetensors": save(sound(1)),
        "optimizer.pt": b"x",
    }  # fmt: skip
    digest = hashlib.sha256(weights).hexdigest()
    for _ in range(2):
        found = read("hf:org/net", tmp_path, HF_ENDPOINT=hub)
        assert [name for name, *_ in found] == [
            f"hf:org/net@{COMMIT}/model.safetensors",
            f"hf:org/net@{COMMIT}/vae/diffusion_pytorch_model.safetensors",
        ]
        assert found[0][1:] == [["fc.weight"], {"a": 1}, COMMIT, digest]
    assert sorted(Hub.fetched) == [
        "config.json", "model.safetensors", "vae/diffusion_pytorch_model.safetensors"
    ]  # fmt: skip


def test_what_the_hub_does_not_have(tmp_path, hub):
    Hub.files = {}
    message = read("hf:org/net@v9", tmp_path, HF_ENDPOINT=hub)
    assert message == "hf:org/net@v9: the repository has no revision 'v9'"
    message = read("hf:org/none", tmp_path, HF_ENDPOINT=hub)
    assert "there is no such repository, or it is private: `hf auth login`" in message


def test_a_cache_is_searched_by_its_snapshots(tmp_path):
    same = save(sound())
    repository = write_cache(tmp_path, COMMIT, {"model.safetensors": same, "config.json": b"{}"})
    write_cache(tmp_path, OTHER, {"model.safetensors": save(sound(1))})
    write_cache(tmp_path, "e" * 40, {"sub/model.safetensors": same})
    (repository / "blobs/abc.incomplete").write_bytes(b"x")
    (repository / ".no_exist").mkdir()
    snapshots = repository / "snapshots"
    first = snapshots / COMMIT / "model.safetensors"
    third = snapshots / ("e" * 40) / "sub/model.safetensors"
    reasons = {entry.name: entry.reason for entry in find_checkpoints(str(repository))}
    assert reasons == {
        str(repository / "blobs/abc.incomplete"): "",
        str(first): "",
        str(snapshots / COMMIT / "config.json"): "not a checkpoint",
        str(snapshots / OTHER / "model.safetensors"): "",
        str(third): f"the same file as {first}, by a link",
    }
    checkpoint = open_checkpoint(str(first))
    assert checkpoint.revision == COMMIT
    assert checkpoint.sha256 == hashlib.sha256(same).hexdigest()


@pytest.mark.parametrize("by_name", [False, True])
def test_a_snapshot_whose_blob_is_gone(tmp_path, by_name):
    repository = write_cache(tmp_path, COMMIT, {"model.safetensors": save(sound())})
    snapshot = repository / "snapshots" / COMMIT
    (snapshot / "adapter_model.safetensors").symlink_to("../../blobs/gone")
    folder = snapshot
    if by_name:
        folder = tmp_path / "net"
        folder.symlink_to(snapshot, target_is_directory=True)
    assert [entry.reason for entry in find_checkpoints(str(folder))] == ["", ""]
    command = f"hf download org/net adapter_model.safetensors --revision {COMMIT}"
    with pytest.raises(CheckpointError, match=f"is not there; `{command}` fetches it"):
        open_checkpoint(str(folder / "adapter_model.safetensors"))
    assert open_checkpoint(str(folder / "model.safetensors")).revision == COMMIT


def test_the_revision_of_a_network_of_timm(tmp_path, monkeypatch):
    create, content = timm.create_model, save(sound())
    monkeypatch.setattr(timm, "create_model", lambda name, pretrained: create("resnet10t"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = write_cache(tmp_path, COMMIT, {"model.safetensors": content}, ref="main")
    repository.rename(tmp_path / "hub/models--timm--resnet18.a1_in1k")
    checkpoint = open_checkpoint("timm:resnet18.a1_in1k")
    assert checkpoint.revision == COMMIT
    assert checkpoint.sha256 == hashlib.sha256(content).hexdigest()
    assert open_checkpoint("timm:resnet34.a1_in1k").revision == ""


def test_a_file_that_is_not_from_the_hub_has_no_revision(tmp_path):
    save_file(sound(), tmp_path / "model.safetensors")
    torch.save(sound(), tmp_path / "other.pt")
    for name in ("model.safetensors", "other.pt"):
        checkpoint = open_checkpoint(str(tmp_path / name))
        assert (checkpoint.revision, checkpoint.sha256) == ("", "")
