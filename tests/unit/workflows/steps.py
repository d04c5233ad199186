"""One step of a workflow, as a runner runs it: in a folder of its own, beside a `gh` that answers as told."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = ROOT / ".github" / "workflows"

# Answers from a file, by what the words contain; writes down the words and what it was given to send.
GH = """\
#!PYTHON
import json, subprocess, sys
from pathlib import Path
here = Path(__file__).parent
words = sys.argv[1:]
sent = next((Path(words[at + 1]).read_text() for at, word in enumerate(words)
             if word in ("--input", "--body-file")), None)
with (here / "calls").open("a") as calls:
    calls.write(json.dumps({"words": words, "sent": sent}) + "\\n")
said = " ".join(words)
for key, answer in json.loads((here / "answers").read_text()).items():
    if all(part in said for part in key.split("&")):
        break
else:
    sys.exit(0 if words[0] != "api" or "--silent" in words else f"HTTP 404: {said}")
if isinstance(answer, str) and answer.startswith("file:"):
    sys.stdout.buffer.write(Path(answer.removeprefix("file:")).read_bytes())
    sys.exit()
text = json.dumps(answer)
if "--jq" in words:
    program = words[words.index("--jq") + 1]
    text = subprocess.run(["jq", "--raw-output", program], input=text, text=True, check=True, stdout=-1).stdout
sys.stdout.write(text)
"""


def workflow(name: str) -> dict[str, Any]:
    """Return a workflow of the project; its triggers are under the key `on`."""
    return document(WORKFLOWS / f"{name}.yml")


def document(path: Path) -> dict[str, Any]:
    """Read a workflow: YAML 1.1 takes `on` for true."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in found.items()}


def script(name: str, job: str, step: str) -> str:
    """Return what a step runs."""
    (found,) = (one for one in workflow(name)["jobs"][job]["steps"] if one.get("name") == step)
    return str(found["run"])


@dataclass(frozen=True)
class Ran:
    """How a step ended."""

    code: int
    said: str
    outputs: dict[str, str]
    calls: list[dict[str, Any]]

    def sent(self, *words: str) -> list[str]:
        """Return what was given to the calls that have these words."""
        return [call["sent"] for call in self.calls if all(word in call["words"] for word in words)]

    def called(self, *words: str) -> bool:
        """Tell whether there was a call that has these words."""
        return any(all(word in call["words"] for word in words) for call in self.calls)


@dataclass
class Runner:
    """A folder in which steps run one after the other."""

    folder: Path
    answers: dict[str, Any] = field(default_factory=dict)
    """What `gh` answers, by words that its call has (`a&b`: both), the first that fits."""

    def run(self, text: str, environment: Mapping[str, str]) -> Ran:
        """Run a script as `shell: bash` does."""
        tools = self.folder.parent / f"{self.folder.name}-tools"
        tools.mkdir(exist_ok=True)
        self.folder.mkdir(exist_ok=True)
        gh, output = tools / "gh", tools / "output"
        gh.write_text(GH.replace("PYTHON", sys.executable), encoding="utf-8")
        gh.chmod(0o755)
        (tools / "answers").write_text(json.dumps(self.answers), encoding="utf-8")
        (tools / "calls").write_text("", encoding="utf-8")
        output.write_text("", encoding="utf-8")
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
            cwd=self.folder,
            env={
                "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tools),
                "LC_ALL": "C.UTF-8",
                "GITHUB_OUTPUT": str(output),
                "RUNNER_TEMP": str(tools),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Ran(
            ended.returncode,
            ended.stdout + ended.stderr,
            dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines()),
            [json.loads(line) for line in (tools / "calls").read_text(encoding="utf-8").splitlines()],
        )
