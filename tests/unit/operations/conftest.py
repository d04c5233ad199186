"""A project of one small system, and a `pulumi` that does what a test tells it to."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from operations import session
from tests.unit.operations.fake_stack import FakeEngine, FakeServer

COMMON = """\
defaults:
  service: {replicas: 2}
"""

CATALOG = """\
description: A shop
namespaces:
  shop: {}
services:
  web:
    image: {repository: example.com/web}
    ports: {http: {container: 8080}}
    probes:
      startup: &probe {http: {path: /health}}
      readiness: *probe
      liveness: *probe
    resources:
      requests: {cpu: 100m, memory: 128Mi}
      limits: {cpu: 100m, memory: 128Mi}
"""

STACK = """\
config:
  naru:environment:
    tier: TIER
    delivery: DELIVERY
    clusters:
      main: {context: nowhere, region: here, kubeconfig: kubeconfig}
"""

# Writes down what it was called with; answers from a file named after the command, which is a program.
PULUMI = """\
#!PYTHON
import json, os, sys
from pathlib import Path
here = Path(__file__).parent
words = [word for word in sys.argv[1:] if word != "--non-interactive"]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps({"words": words, "cwd": os.getcwd(), "environment": sorted(os.environ)}) + "\\n")
if words == ["version"]:
    print((here / "version").read_text())
    sys.exit()
name = "-".join(words[:2]) if words[0] == "stack" else words[0]
answer = here / f"{name}.py"
if answer.exists():
    exec(compile(answer.read_text(), str(answer), "exec"))
"""


@dataclass(frozen=True)
class FakePulumi:
    """The folder of a `pulumi` on PATH."""

    folder: Path

    def answers(self, command: str, program: str) -> None:
        """Have a command (`up`, `stack-export`) run a program."""
        (self.folder / f"{command}.py").write_text(program, encoding="utf-8")

    @property
    def calls(self) -> list[list[str]]:
        """What it was called with, but for questions about its version."""
        return [words for words in self.all_words() if words != ["version"]]

    def all_words(self) -> list[list[str]]:
        """What it was called with."""
        return [call["words"] for call in self.records()]

    def records(self) -> list[dict[str, list[str]]]:
        """Every call with its folder and the names of its variables."""
        calls = self.folder / "calls"
        return [json.loads(line) for line in calls.read_text(encoding="utf-8").splitlines()] if calls.exists() else []


@pytest.fixture
def pulumi(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    folder = tmp_path_factory.mktemp("pulumi")
    (folder / "version").write_text("v3.250.0", encoding="utf-8")
    script = folder / "pulumi"
    script.write_text(PULUMI.replace("PYTHON", sys.executable), encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakePulumi(folder)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that writes the project and makes it the current folder."""

    def write(tier: str = "staging", delivery: str = "direct") -> Path:
        (tmp_path / "catalog").mkdir()
        (tmp_path / "releases").mkdir()
        (tmp_path / "Pulumi.yaml").write_text("name: naru\nruntime: python\n", encoding="utf-8")
        (tmp_path / "catalog" / "common.yaml").write_text(COMMON, encoding="utf-8")
        (tmp_path / "catalog" / "shop.yaml").write_text(CATALOG, encoding="utf-8")
        text = STACK.replace("TIER", tier).replace("DELIVERY", delivery)
        (tmp_path / "Pulumi.test.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "releases" / "test.yaml").write_text('shop:\n  web: {tag: "1"}\n', encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return write


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr(session, "_engine", lambda *_: fake)
    monkeypatch.delenv("DRY_RUN", raising=False)
    return fake


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer()
    monkeypatch.setattr(session, "connect", lambda *_: fake)
    return fake
