"""Free memory, by trees of files as Linux shows them."""

import psutil
import pytest

from weightscape.files.memory import free_memory

GIB = 2**30
UNIFIED = "30 24 0:26 {inner} /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
LEGACY = (
    "29 24 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "30 24 0:26 {inner} /sys/fs/cgroup/memory rw,nosuid shared:4 - cgroup cgroup rw,memory\n"
)


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Let the machine have 64 GiB free."""
    memory = psutil.virtual_memory()._replace(available=64 * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)


def write_process(root, cgroup, mountinfo, inner="/"):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(cgroup)
    (root / "proc/self/mountinfo").write_text(mountinfo.format(inner=inner))


def write_group(folder, limit, used, cached=0, legacy=False):
    names = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        if legacy
        else ("memory.max", "memory.current", "inactive_file")
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\n{names[2]} {cached}\nfile 7\n")


def test_without_control_groups_it_is_the_machine(tmp_path):
    assert free_memory(tmp_path) == 64 * GIB / 1e9


def test_a_limit_less_what_is_used_but_for_caches(tmp_path):
    write_process(tmp_path, "0::/job\n", UNIFIED)
    write_group(tmp_path / "sys/fs/cgroup/job", 8 * GIB, 3 * GIB, cached=2 * GIB)
    assert free_memory(tmp_path) == 7 * GIB / 1e9


@pytest.mark.parametrize("legacy", [False, True])
def test_the_smallest_of_nested_groups_counts(tmp_path, legacy):
    line, mounts = ("4:memory:/slurm/job_7/step\n", LEGACY) if legacy else ("0::/s/j/t\n", UNIFIED)
    write_process(tmp_path, f"5:cpu,cpuacct:/elsewhere\n{line}", mounts)
    top = tmp_path / "sys/fs/cgroup" / ("memory" if legacy else "")
    inner = top / line.rpartition(":")[2].strip().lstrip("/")
    unlimited = 9223372036854771712 if legacy else "max"
    write_group(inner, unlimited, 1 * GIB, legacy=legacy)
    write_group(inner.parent, 6 * GIB, 2 * GIB, legacy=legacy)
    write_group(inner.parent.parent, 20 * GIB, 2 * GIB, legacy=legacy)
    assert free_memory(tmp_path) == 4 * GIB / 1e9


@pytest.mark.parametrize("inner", ["/", "/docker/abc"])
def test_a_container_sees_its_own_group_at_the_root_of_the_mount(tmp_path, inner):
    write_process(tmp_path, "4:memory:/docker/abc\n", LEGACY, inner)
    write_group(tmp_path / "sys/fs/cgroup/memory", 3 * GIB, 1 * GIB, legacy=True)
    assert free_memory(tmp_path) == 2 * GIB / 1e9


def test_more_used_than_allowed_leaves_nothing(tmp_path):
    write_process(tmp_path, "0::/\n", UNIFIED)
    write_group(tmp_path / "sys/fs/cgroup", 1 * GIB, 2 * GIB)
    assert free_memory(tmp_path) == 0


def test_the_machine_counts_where_it_has_less(tmp_path):
    write_process(tmp_path, "0::/\n", UNIFIED)
    write_group(tmp_path / "sys/fs/cgroup", 100 * GIB, 0)
    assert free_memory(tmp_path) == 64 * GIB / 1e9
