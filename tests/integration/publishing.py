"""A small project in Git, a bare repository it is published to, and somebody who works on the branch by hand."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

COMMON = """\
defaults:
  service: {replicas: 2}
"""

CATALOG = """\
description: NAME
namespaces:
  NAME: {}
services:
"""

SERVICE = """\
  NAME:
    image: {repository: example.com/NAME}
    env: {GREETING: hello}
    ports: {http: {container: 8080}}
    probes:
      startup: {http: {path: /health}}
      readiness: {http: {path: /health}}
      liveness: {http: {path: /health}}
    resources:
      requests: {cpu: 100m, memory: 128Mi}
      limits: {cpu: 100m, memory: 128Mi}
"""

MIGRATION = """\
    migration:
      engine: goose
      secret: db
      databases: {shop_db: {directory: /shop}}
secrets:
  db: {source: SOURCE, keys: {DATABASE_URL: {}}}
"""

STACK = """\
config:
  naru:environment:
    tier: TIER
    delivery: DELIVERY
    clusters:
      main: {context: nowhere, region: here}
    argocd: {repository: "https://git.example.com/rendered.git"}
"""

RELEASE = {"shop/web": "1.0.0", "shop/api": "1.0.0", "desk/desk": "1.0.0"}


def git(folder: Path, *words: str, name: str = "Kim", check: bool = True) -> str:
    """Run Git in a folder as somebody and return what it says."""
    address = f"{name.lower()}@example.com"
    identity = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
                for what, value in (("NAME", name), ("EMAIL", address))}  # fmt: skip
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    ended = subprocess.run(
        ["git", *words], cwd=folder, env={**clean, **nobody, **identity}, capture_output=True, text=True, check=False
    )
    assert not check or ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


class Project:
    """The project `test`, with the systems shop (web, api) and desk, in a repository with the remote `origin`."""

    def __init__(self, folder: Path) -> None:
        self.bare = folder / "rendered.git"
        self.root = folder / "project"
        self.root.mkdir(parents=True)
        self.versions = dict(RELEASE)
        git(folder, "init", "--quiet", "--bare", str(self.bare))
        self.write("Pulumi.yaml", "name: naru\nruntime: python\n")
        self.write(".gitignore", "ignored-*.yaml\n")
        self.stack()
        self.write("catalog/common.yaml", COMMON)
        self.catalog("shop", "web", "api")
        self.catalog("desk", "desk")
        self.release()
        git(self.root, "init", "--quiet", "--initial-branch=main")
        git(self.root, "remote", "add", "origin", str(self.bare))
        self.commit("start")

    def stack(self, tier: str = "staging", delivery: str = "gitops") -> None:
        """Say of which tier and delivery the stack is."""
        self.write("Pulumi.test.yaml", STACK.replace("TIER", tier).replace("DELIVERY", delivery))

    def catalog(self, system: str, *services: str, more: str = "") -> None:
        """Write the file of a system."""
        text = CATALOG.replace("NAME", system) + "".join(SERVICE.replace("NAME", one) for one in services)
        self.write(f"catalog/{system}.yaml", text + more)

    def write(self, file: str, text: str) -> None:
        """Write a file of the project."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, file: str, before: str, after: str) -> None:
        """Change a file of the project in one place."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert before in text
        self.write(file, text.replace(before, after, 1))

    def release(self, **more: str) -> None:
        """Write the release file; `more` has what a service says beside its tag."""
        systems: dict[str, list[str]] = {}
        for place, tag in self.versions.items():
            system, _, target = place.partition("/")
            beside = "".join(f", {said}" for said in (more.get(target, ""),) if said)
            systems.setdefault(system, []).append(f'  {target}: {{ tag: "{tag}"{beside} }}\n')
        self.write("releases/test.yaml", "".join(f"{name}:\n{''.join(lines)}" for name, lines in systems.items()))

    def releases(self, *, said: str = "", **tags: str) -> str:
        """Release services at other tags and commit that; `said` goes with the service web."""
        for place in self.versions:
            self.versions[place] = tags.get(place.partition("/")[2], self.versions[place])
        self.release(web=said)
        return self.commit(f"release {tags}")

    def commit(self, message: str = "change") -> str:
        """Commit everything and return the commit."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.root, "rev-parse", "HEAD")

    def tip(self, branch: str = "env/test") -> str:
        """Return the commit of the branch; empty where there is none."""
        return git(self.bare, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)

    def log(self, form: str = "%s") -> list[str]:
        """Return the commits of the branch, the newest first."""
        return git(self.bare, "log", f"--format={form}", "env/test").splitlines()

    def message(self) -> str:
        """Return the message of the branch's tip."""
        return git(self.bare, "log", "-1", "--format=%B", "env/test")

    def branch(self) -> Branch:
        """Clone the branch, for somebody who works on it by hand."""
        return Branch(self.bare, self.root.parent / f"branch-{len(list(self.root.parent.iterdir()))}")

    def fingerprint(self) -> dict[str, str]:
        """Return every file of the checkout and of its repository, by content."""
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


class Branch:
    """A work tree of the branch."""

    def __init__(self, bare: Path, folder: Path) -> None:
        self.folder = folder
        git(bare, "clone", "--quiet", "--branch", "env/test", str(bare), str(folder))

    def __call__(self, *words: str) -> str:
        """Run Git there."""
        return git(self.folder, *words)

    def revert(self, *commits: str) -> str:
        """Take commits back, each by one of its own, and push."""
        self("revert", "--no-edit", *commits)
        return self.push()

    def edit(self, before: str, after: str, message: str = "by hand") -> str:
        """Change rendered files by hand and push."""
        self.rewrite(before, after)
        self("commit", "--quiet", "--all", "--message", message)
        return self.push()

    def rewrite(self, before: str, after: str) -> None:
        """Change every rendered file that has a text, without a commit."""
        found = [path for path in self.folder.rglob("*.yaml") if before in path.read_text(encoding="utf-8")]
        assert found
        for path in found:
            path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")

    def push(self) -> str:
        """Push what there is and return its commit."""
        self("push", "--quiet", "--force", "origin", "HEAD:env/test")
        return self("rev-parse", "HEAD")
