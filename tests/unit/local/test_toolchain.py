"""Which commands are used as they are installed, and which are built."""

from __future__ import annotations

import fcntl
import json
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from local.progress import Step
from local.toolchain import TOOLS, ToolchainError, build, cache, ensure, go, installed
from local.toolchain.tools import Change, Tool, parse_version


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache and nothing on PATH but what a test puts into the folder."""
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return commands


def put(folder: Path, name: str, says: str) -> Path:
    command = folder / name
    command.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    command.chmod(0o755)
    return command


@pytest.mark.parametrize(
    ("name", "version", "fits"),
    [
        ("pulumi", "v3.250.0", True),
        ("pulumi", "v3.251.3", True),
        ("pulumi", "v3.249.9", False),
        ("pulumi", "v4.0.0", False),
        ("kubectl", "Client Version: v1.35.0", True),
        ("kubectl", "Client Version: v1.37.1", True),
        ("kubectl", "Client Version: v1.34.9", False),
        ("kubectl", "Client Version: v1.38.0", False),
        ("kubectl", "Client Version: v1.32.4-dispatcher", False),
        ("etcd", "etcd Version: 3.6.1", True),
        ("etcd", "etcd Version: 3.5.9", False),
        ("kube-apiserver", "Kubernetes v1.36.0", True),
        ("kube-apiserver", "Kubernetes v1.35.9", False),
        ("kwok", "kwok version v0.7.0 go1.24 (linux/amd64)", False),
        ("helm", "v4.0.1+g1234", True),
        ("helm", "v3.19.0+g1234", False),
        ("kustomize", "v5.7.0", True),
        ("kustomize", "v5.6.9", False),
        ("kubeseal", "kubeseal version: 0.27.0", True),
        ("kubeseal", "kubeseal version: 0.26.3", False),
        ("sealed-secrets-controller", "controller version: 0.30.0", False),
        ("rollouts-controller", "v1.9.3", True),
        ("rollouts-controller", "v1.8.4", False),
        ("rollouts-controller", "v1.10.0", False),
        ("prometheus", "prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5+b5)", True),
        ("prometheus", "prometheus, version 2.41.0 (branch: HEAD)", False),
        ("promtool", "promtool, version 3.10.0 (branch: HEAD)", True),
        ("promtool", "promtool, version 4.0.0 (branch: HEAD)", False),
        ("helm", "no version at all", False),
    ],
)
def test_installed_command_is_used_if_its_version_fits(machine: Path, name: str, version: str, fits: bool) -> None:
    command = put(machine, name, version)
    assert installed.find(TOOLS[name]) == (command if fits else None)


def test_command_that_fails_is_not_used(machine: Path) -> None:
    command = put(machine, "etcd", "etcd Version: 3.6.1")
    command.write_text("#!/bin/sh\necho 'etcd Version: 3.6.1'\nexit 3\n", encoding="utf-8")
    assert installed.find(TOOLS["etcd"]) is None


def test_language_host_comes_with_the_installed_pulumi_only(machine: Path, tmp_path: Path) -> None:
    put(machine, "pulumi-language-python", "")
    assert installed.find(TOOLS["pulumi-language-python"]) is None
    elsewhere = tmp_path / "pulumi"
    elsewhere.mkdir()
    host = put(elsewhere, "pulumi-language-python", "")
    put(elsewhere, "pulumi", "v3.250.0")
    (machine / "pulumi").symlink_to(elsewhere / "pulumi")
    assert installed.find(TOOLS["pulumi-language-python"]) == host


def test_built_command_is_found_again(machine: Path) -> None:
    built = cache.binary(TOOLS["etcd"])
    built.parent.mkdir(parents=True)
    built.touch()
    assert ensure(["etcd"]) == {"etcd": built}


def test_missing_command_is_built_once_and_announced(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Step] = []

    def compile_(tool: Tool, output: Path) -> None:
        output.with_name("beside").touch()
        output.touch()

    monkeypatch.setattr(go, "check", lambda purpose: "go")
    monkeypatch.setattr(go, "build", compile_)
    first = ensure(["etcd", "kwok"], steps.append)
    assert [(step.index, step.total, step.name.split()[:2]) for step in steps] == [
        (1, 2, ["build", "etcd"]),
        (2, 2, ["build", "kwok"]),
    ]
    assert ensure(["etcd", "kwok"], steps.append) == first
    assert len(steps) == 2
    assert sorted(file.name for file in first["etcd"].parent.iterdir()) == ["beside", "etcd"]


def test_binary_is_in_its_place_only_after_what_lies_beside_it(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_(tool: Tool, output: Path) -> None:
        output.with_name("zzz").touch()
        output.touch()

    monkeypatch.setattr(go, "check", lambda purpose: "go")
    monkeypatch.setattr(go, "build", compile_)
    obstacle = cache.binary(TOOLS["etcd"]).with_name("zzz")
    obstacle.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        ensure(["etcd"])
    assert not cache.binary(TOOLS["etcd"]).exists()


def test_failed_build_leaves_nothing_behind(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(tool: Tool, output: Path) -> None:
        output.touch()
        raise ToolchainError("no")

    monkeypatch.setattr(go, "check", lambda purpose: "go")
    monkeypatch.setattr(go, "build", fail)
    with pytest.raises(ToolchainError):
        ensure(["etcd"])
    assert list(cache.binary(TOOLS["etcd"]).parent.iterdir()) == []


def test_missing_go_is_said_in_one_line_with_the_remedy(machine: Path) -> None:
    with pytest.raises(
        ToolchainError, match=r"build etcd, kwok, and there is none: install Go 1\.26.*go\.dev"
    ) as error:
        ensure(["etcd", "kwok"])
    assert "\n" not in str(error.value)


def test_old_go_is_named_with_its_version(machine: Path) -> None:
    put(machine, "go", "go version go1.25.9 linux/amd64")
    with pytest.raises(ToolchainError, match=r"is 1\.25: install Go 1\.26"):
        ensure(["etcd"])


@pytest.mark.parametrize("version", ["1.26.0", "1.27rc1", "2.0"])
def test_newer_go_will_do(machine: Path, version: str) -> None:
    put(machine, "go", f"go version go{version} linux/amd64")
    assert go.check("build") == str(machine / "go")


def test_failed_compilation_ends_with_what_the_compiler_said(machine: Path, tmp_path: Path) -> None:
    put(machine, "go", "go version go1.26.0 linux/amd64")
    (machine / "go").write_text(
        "#!/bin/sh\n[ $1 = version ] && echo go version go1.26.0 && exit\necho broken package >&2\nexit 1\n",
        encoding="utf-8",
    )
    with pytest.raises(ToolchainError, match=r"cannot build etcd 3\.6\.11: broken package"):
        go.build(TOOLS["etcd"], tmp_path / "etcd")


def test_downloads_are_reported_with_their_reason(machine: Path, tmp_path: Path) -> None:
    answer = [
        {"Path": "example.com/a", "Version": "v1.0.0", "Dir": "/a"},
        {"Path": "example.com/b", "Version": "v1.0.0", "Error": "not found"},
    ]
    said = "\n".join(json.dumps(entry, indent=1) for entry in answer)
    (machine / "go").write_text(
        f"#!/bin/sh\n[ $1 = version ] && echo go version go1.26.0 && exit\ncat <<'END'\n{said}\nEND\n", encoding="utf-8"
    )
    (machine / "go").chmod(0o755)
    (machine / "cat").symlink_to("/bin/cat")
    assert go.download(tmp_path, ["example.com/a@v1.0.0"]) == {"example.com/a@v1.0.0": Path("/a")}
    with pytest.raises(ToolchainError, match=r"cannot download example.com/b@v1.0.0: not found"):
        go.download(tmp_path, ["example.com/a@v1.0.0", "example.com/b@v1.0.0"])


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_every_tool_is_pinned_by_its_go_mod(tool: Tool) -> None:
    declared = (tool.directory / "go.mod").read_text(encoding="utf-8")
    assert re.search(rf"^tool {re.escape(tool.package)}$", declared, re.MULTILINE)
    assert re.fullmatch(r"\d+\.\d+\.\d+", tool.version)
    assert (tool.directory / "go.sum").exists()


def test_pinned_versions_fit_themselves() -> None:
    unfit = [tool.name for tool in TOOLS.values() if not tool.fits(parse_version(tool.version) or (0, 0, 0))]
    assert unfit == []


def test_kubernetes_staging_modules_are_replaced_by_one_release() -> None:
    declared = (TOOLS["kubectl"].directory / "go.mod").read_text(encoding="utf-8")
    replaced = re.findall(r"^replace (\S+) => (\S+) (\S+)$", declared, re.MULTILINE)
    release = "v0" + TOOLS["kubectl"].version.removeprefix("1")
    assert len(replaced) > 20
    assert all(old == new and version == release for old, new, version in replaced)


def test_version_is_stamped_where_the_command_reads_it() -> None:
    flags = TOOLS["kube-apiserver"].linker_flags
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in flags
    assert "-X k8s.io/component-base/version.gitMinor=36" in flags
    assert "version.Version=v3.250.0" in TOOLS["pulumi"].linker_flags
    assert "github.com/prometheus/common/version.Version=3.10.0" in TOOLS["promtool"].linker_flags


def test_rollouts_controller_writes_the_v_of_its_version_itself() -> None:
    assert TOOLS["rollouts-controller"].linker_flags.endswith("argo-rollouts/utils/version.version=1.9.1")


def test_controllers_are_of_the_version_of_their_definitions() -> None:
    pins = (TOOLS["etcd"].directory.parent / "crds" / "go.mod").read_text(encoding="utf-8")
    for name in ("argocd", "rollouts-controller", "sealed-secrets-controller"):
        assert f"\t{TOOLS[name].module} v{TOOLS[name].version}\n" in pins


def test_other_pins_have_another_place(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache.binary(TOOLS["etcd"])
    copy = tmp_path / "etcd"
    copy.mkdir()
    for file in ("go.mod", "go.sum"):
        (copy / file).write_bytes((TOOLS["etcd"].directory / file).read_bytes())
    (copy / "go.sum").write_text("more", encoding="utf-8")
    monkeypatch.setattr(Tool, "directory", property(lambda tool: copy))
    after = cache.binary(TOOLS["etcd"])
    assert before.parent.parent == after.parent.parent
    assert before != after


def test_relative_cache_home_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    assert cache.directory() == tmp_path / ".cache" / "naru"


def test_language_host_has_its_script_beside_it(machine: Path, tmp_path: Path) -> None:
    module = tmp_path / "module"
    script = module / "python/cmd/pulumi-language-python-exec"
    script.parent.mkdir(parents=True)
    script.write_text("#!/usr/bin/env python3\n", encoding="utf-8")
    (machine / "go").write_text(
        f"#!/bin/sh\n[ $1 = version ] && echo go version go1.26.0 && exit\n[ $1 = list ] && echo {module}\nexit 0\n",
        encoding="utf-8",
    )
    (machine / "go").chmod(0o755)
    go.build(TOOLS["pulumi-language-python"], tmp_path / "pulumi-language-python")
    copied = tmp_path / "pulumi-language-python-exec"
    assert copied.read_bytes() == script.read_bytes()
    assert copied.stat().st_mode & stat.S_IXUSR


@pytest.fixture
def changed(tmp_path: Path) -> tuple[Tool, Path, Path]:
    """A tool with a change, the module it is built of, and an empty folder."""
    module, folder = tmp_path / "module", tmp_path / "folder"
    module.mkdir()
    folder.mkdir()
    (module / "main.go").write_text('listen("0.0.0.0")\n', encoding="utf-8")
    return replace(TOOLS["etcd"], changes=(Change("main.go", "0.0.0.0", "127.0.0.1"),)), module, folder


def test_changed_file_is_compiled_in_the_place_of_the_modules_own(changed: tuple[Tool, Path, Path]) -> None:
    tool, module, folder = changed
    modules, overlay = (Path(option.partition("=")[2]) for option in go.changed(tool, module, folder))
    [(own, other)] = json.loads(overlay.read_text(encoding="utf-8"))["Replace"].items()
    assert Path(other).read_text(encoding="utf-8") == 'listen("127.0.0.1")\n'
    assert Path(own).read_text(encoding="utf-8") == (module / "main.go").read_text(encoding="utf-8")
    assert 'listen("0.0.0.0")' in (module / "main.go").read_text(encoding="utf-8")
    [replaced] = re.findall(rf'^replace {tool.module} => "(.*)"$', modules.read_text(encoding="utf-8"), re.MULTILINE)
    assert Path(own) == Path(replaced, "main.go")
    assert modules.with_suffix(".sum").read_bytes() == (tool.directory / "go.sum").read_bytes()


@pytest.mark.parametrize("content", ["", "0.0.0.0 0.0.0.0"])
def test_source_that_is_not_what_a_change_expects_is_not_built(changed: tuple[Tool, Path, Path], content: str) -> None:
    tool, module, folder = changed
    (module / "main.go").write_text(content, encoding="utf-8")
    with pytest.raises(ToolchainError, match=r"cannot build etcd .*: main\.go does not say 0\.0\.0\.0 just once"):
        go.changed(tool, module, folder)


def test_changed_tool_has_a_place_for_each_change(changed: tuple[Tool, Path, Path]) -> None:
    tool, _, _ = changed
    other = replace(tool, changes=(Change("main.go", "0.0.0.0", "::1"),))
    assert len({cache.binary(one) for one in (TOOLS["etcd"], tool, other)}) == 3


def test_argo_cd_that_is_installed_is_not_used(machine: Path) -> None:
    put(machine, "argocd", "argocd: v3.3.0+fd6b7d5")
    assert installed.find(TOOLS["argocd"]) is None


def test_second_build_waits_and_says_so(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is taken by somebody who has finished the same build when it is let go."""
    steps: list[Step] = []
    built = cache.binary(TOOLS["etcd"])
    lock = cache.directory() / "bin" / ".lock"
    lock.parent.mkdir(parents=True)

    other = lock.open("a")
    fcntl.flock(other, fcntl.LOCK_EX)

    def finish(step: Step) -> None:
        steps.append(step)
        built.parent.mkdir(parents=True)
        built.touch()
        other.close()

    monkeypatch.setattr(go, "check", lambda purpose: "go")
    assert build.ensure(["etcd"], finish) == {"etcd": built}
    assert [step.name for step in steps] == ["wait for another build, then etcd"]
