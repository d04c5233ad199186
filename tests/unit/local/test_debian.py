"""A command that is installed, or else unpacked from a distribution's packages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.progress import Step
from local.toolchain import ToolchainError, cache, debian

PACKAGES = ("redis-server", "redis-tools")
OLDEST = (6, 0, 0)

# A package is a script that unpacks itself: `dpkg-deb --extract FILE TREE`, `dpkg-deb --field FILE Depends`.
APT = """\
#!/bin/sh
echo "apt-get $*" >> "$APT_LOG"
for word; do last=$command; command=$word; done
case "$*" in
  *update*) touch "$APT_LOG.updated"; exit 0;;
esac
[ -n "$APT_STALE" ] && [ ! -e "$APT_LOG.updated" ] && { echo 'E: Unable to locate package' >&2; exit 100; }
[ -n "$APT_BROKEN" ] && { echo 'E: no way out' >&2; exit 100; }
seen=
for word; do
  [ -n "$seen" ] && echo "$word" > "$word.deb"
  [ "$word" = download ] && seen=yes
done
exit 0
"""
DPKG_DEB = """\
#!/bin/sh
read -r package < "$2"
case "$1 $package" in
  "--extract redis-tools") mkdir -p "$3/usr/bin"
    printf '#!/bin/sh\\necho Redis server v=%s lib=$LD_LIBRARY_PATH\\n' "${REDIS:-7.0.15}" > "$3/usr/bin/redis-server"
    chmod +x "$3/usr/bin/redis-server";;
  "--extract lib"*) mkdir -p "$3/usr/lib/any"; touch "$3/usr/lib/any/$package.so.1";;
  "--field redis-tools") echo 'adduser, libc6 (>= 2.34), liblzf1 (>= 1.5) | liblzf2, libjemalloc2';;
  "--field liblzf1") echo 'libdeep1';;
esac
exit 0
"""
DPKG_QUERY = """\
#!/bin/sh
[ "$3" = libc6 ] && echo 'installed '
exit 0
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache and apt, and nothing to be downloaded from anywhere."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in (("apt-get", APT), ("dpkg-deb", DPKG_DEB), ("dpkg-query", DPKG_QUERY)):
        put(commands, name, text)
    # Ours come first, and /bin has the shell's own commands; a redis-server of this machine is not to be found.
    for name in ("sh", "mkdir", "touch", "chmod", "printf"):
        found = next(Path(folder, name) for folder in ("/bin", "/usr/bin") if Path(folder, name).exists())
        (commands / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("APT_LOG", str(tmp_path / "apt.log"))
    return commands


def put(folder: Path, name: str, text: str) -> Path:
    command = folder / name
    command.write_text(text, encoding="utf-8")
    command.chmod(0o755)
    return command


def asked(tmp_path: Path) -> list[str]:
    """Return what apt was asked for, without its options."""
    log = tmp_path / "apt.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [line[line.index("download") :] if "download" in line else "update" for line in lines]


def test_installed_command_is_used(machine: Path, tmp_path: Path) -> None:
    installed = put(machine, "redis-server", "#!/bin/sh\necho 'Redis server v=6.2.1 sha=0'\n")
    found = debian.find("redis-server", PACKAGES, OLDEST)
    assert (found.path, found.version, found.environment) == (installed, "6.2.1", {})
    assert asked(tmp_path) == []


@pytest.mark.parametrize(
    "installed", ["", "#!/bin/sh\necho 'Redis server v=5.0.9'\n", "#!/bin/sh\necho 'Redis server v=7.0.1'\nexit 1\n"]
)
def test_packages_are_unpacked_with_the_libraries_that_are_missing(
    machine: Path, tmp_path: Path, installed: str
) -> None:
    if installed:
        put(machine, "redis-server", installed)
    steps: list[Step] = []
    found = debian.find("redis-server", PACKAGES, OLDEST, steps.append)
    assert found.path.is_relative_to(cache.directory())
    assert found.version == "7.0.15"
    [libraries] = found.environment.values()
    assert {file.name for file in Path(libraries).iterdir()} == {
        "liblzf1.so.1",
        "libjemalloc2.so.1",
        "libdeep1.so.1",
    }
    # Neither what the system has nor what no command needs.
    assert asked(tmp_path) == [
        "download redis-server redis-tools",
        "download libjemalloc2 liblzf1",
        "download libdeep1",
    ]
    assert [step.name for step in steps] == ["fetch redis-server from the packages of this system"]


def test_what_was_unpacked_is_found_again(machine: Path, tmp_path: Path) -> None:
    first = debian.find("redis-server", PACKAGES, OLDEST)
    before = asked(tmp_path)
    assert debian.find("redis-server", PACKAGES, OLDEST) == first
    assert asked(tmp_path) == before


def test_what_no_longer_runs_is_unpacked_anew(machine: Path) -> None:
    first = debian.find("redis-server", PACKAGES, OLDEST)
    first.path.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    assert debian.find("redis-server", PACKAGES, OLDEST) == first


def test_missing_lists_of_packages_are_fetched_into_our_own_folder(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APT_STALE", "yes")
    assert debian.find("redis-server", PACKAGES, OLDEST).version == "7.0.15"
    assert asked(tmp_path)[:3] == ["download redis-server redis-tools", "update", "download redis-server redis-tools"]
    update = (tmp_path / "apt.log").read_text(encoding="utf-8").splitlines()[1]
    assert f"Dir::State::Lists={cache.directory()}" in update


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"APT_BROKEN": "yes"}, "it cannot be fetched: E: no way out"),
        ({"REDIS": "none"}, "what was fetched does not run here"),
        ({"PATH": "/nowhere"}, "this system has no apt"),
    ],
    ids=["not to be had", "does not run", "no apt"],
)
def test_what_cannot_be_had_is_told_with_the_remedy_and_leaves_nothing_half(
    machine: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reason: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        ToolchainError, match=r"redis-server 6\.0 .* none on PATH.*apt-get install redis-server"
    ) as told:
        debian.find("redis-server", PACKAGES, OLDEST)
    assert reason in str(told.value)
    assert "\n" not in str(told.value)
    left = cache.directory() / "bin"
    assert not [path for path in left.glob(".fetch-*") if left.exists()]
    assert os.environ.get("LD_LIBRARY_PATH") is None
