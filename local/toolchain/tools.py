"""Which commands there are, from which module each is built, and which installed version does as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

Version = tuple[int, int, int]

HERE: Final = Path(__file__).parent

_VERSION: Final = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Change:
    """Text of a file of the module that is compiled as another one; it has to be there just once."""

    file: str
    before: str
    after: str


@dataclass(frozen=True)
class Tool:
    """A command: its package in the module pinned by `<folder>/go.mod`, and what else would do.

    `seconds` is what building takes on two cores. `stamp` lists the string variables that hold the version, with
    `prefix` before it; `numbered` tells what a version of the module is called where it is released; `beside` is a file
    of the module that has to lie next to the binary; `part_of` is the command whose installation brings this one, in
    the same folder and version; with `changes` to the module's sources no installation will do.
    """

    name: str
    folder: str
    module: str
    package: str
    seconds: float
    fits: Callable[[Version], bool]
    version_arguments: tuple[str, ...] = ("--version",)
    stamp: tuple[str, ...] = ()
    prefix: str = "v"
    numbered: Callable[[str], str] = str
    beside: str = ""
    part_of: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def directory(self) -> Path:
        """The folder of the go.mod."""
        return HERE / self.folder

    @property
    def version(self) -> str:
        """The version go.mod pins, without the v, as its release is numbered."""
        requirement = re.compile(rf"^(?:require)?\s*{re.escape(self.module)} v(\S+)", re.MULTILINE)
        found = requirement.search((self.directory / "go.mod").read_text(encoding="utf-8"))
        if found is None:
            message = f"{self.folder}/go.mod requires no {self.module}"
            raise LookupError(message)
        return self.numbered(found[1])

    @property
    def linker_flags(self) -> str:
        """Leave out the debugging tables, and write the version where the command looks for it."""
        major, minor, _ = self.version.split(".", 2)
        parts = {"gitMajor": major, "gitMinor": minor}
        stamps = [
            f"-X {variable}={parts.get(variable.rsplit('.', 1)[1], self.prefix + self.version)}"
            for variable in self.stamp
        ]
        return " ".join(["-s", "-w", *stamps])


def parse_version(output: str) -> Version | None:
    """Return the first version in what a command says of itself."""
    found = _VERSION.search(output)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def _minors(major: int, first: int, last: int) -> Callable[[Version], bool]:
    return lambda version: version[0] == major and first <= version[1] <= last


def _from(major: int, minor: int = 0) -> Callable[[Version], bool]:
    return lambda version: version[0] == major and version[1] >= minor


def _kubernetes(name: str, seconds: float, fits: Callable[[Version], bool], *version_arguments: str) -> Tool:
    return Tool(
        name,
        folder="kubernetes",
        module="k8s.io/kubernetes",
        package=f"k8s.io/kubernetes/cmd/{name}",
        seconds=seconds,
        fits=fits,
        version_arguments=version_arguments or ("--version",),
        stamp=tuple(f"k8s.io/component-base/version.{variable}" for variable in ("gitVersion", "gitMajor", "gitMinor")),
    )


def _sealed_secrets(name: str, command: str, seconds: float, fits: Callable[[Version], bool]) -> Tool:
    return Tool(
        name,
        folder="sealed-secrets",
        module="github.com/bitnami-labs/sealed-secrets",
        package=f"github.com/bitnami-labs/sealed-secrets/cmd/{command}",
        seconds=seconds,
        fits=fits,
        stamp=("main.VERSION",),
    )


def _prometheus(name: str, seconds: float) -> Tool:
    return Tool(
        name,
        folder="prometheus",
        module="github.com/prometheus/prometheus",
        package=f"github.com/prometheus/prometheus/cmd/{name}",
        seconds=seconds,
        fits=lambda version: (2, 42) <= version[:2] < (4, 0),  # 2.42 is Debian 12's
        stamp=("github.com/prometheus/common/version.Version",),
        prefix="",
        numbered=lambda version: re.sub(r"^0\.3(\d\d)\.", r"3.\1.", version),
    )


_ALL: Final = (
    Tool(
        "etcd",
        folder="etcd",
        module="go.etcd.io/etcd/server/v3",
        package="go.etcd.io/etcd/server/v3",
        seconds=30,
        fits=_minors(3, 6, 6),
    ),
    _kubernetes("kube-apiserver", 200, _minors(1, 36, 36)),
    _kubernetes("kube-controller-manager", 60, _minors(1, 36, 36)),
    _kubernetes("kube-scheduler", 25, _minors(1, 36, 36)),
    # One minor older or newer than the API server is supported: https://kubernetes.io/releases/version-skew-policy/
    _kubernetes("kubectl", 35, _minors(1, 35, 37), "version", "--client"),
    Tool(
        "kwok",
        folder="kwok",
        module="sigs.k8s.io/kwok",
        package="sigs.k8s.io/kwok/cmd/kwok",
        seconds=60,
        fits=_minors(0, 8, 8),  # the stages have `steps`, which came with 0.8
    ),
    _sealed_secrets("sealed-secrets-controller", "controller", 150, _minors(0, 31, 31)),
    _sealed_secrets("kubeseal", "kubeseal", 10, _from(0, 27)),  # the format has not changed since; 0.27 is of 2024
    Tool(
        "rollouts-controller",
        folder="argo-rollouts",
        module="github.com/argoproj/argo-rollouts",
        package="github.com/argoproj/argo-rollouts/cmd/rollouts-controller",
        seconds=220,
        fits=_minors(1, 9, 9),  # that of the CustomResourceDefinitions
        stamp=("github.com/argoproj/argo-rollouts/utils/version.version",),
        prefix="",  # it writes the v itself
    ),
    Tool(
        "argocd",  # of which each process is a role
        folder="argo-cd",
        module="github.com/argoproj/argo-cd/v3",
        package="github.com/argoproj/argo-cd/v3/cmd",
        seconds=200,
        fits=_minors(3, 3, 3),
        version_arguments=("version", "--client"),
        stamp=("github.com/argoproj/argo-cd/v3/common.version",),
        prefix="",  # it writes the v itself
        beside="manifests/base/config/argocd-cm.yaml",
        # The application controller serves its metrics on every address of a machine, ends where it cannot, and no flag
        # tells it otherwise.
        changes=(Change("controller/appcontroller.go", '"0.0.0.0:%d", metricsPort', '"127.0.0.1:%d", metricsPort'),),
    ),
    _prometheus("prometheus", 95),
    _prometheus("promtool", 60),
    Tool(
        "pulumi",
        folder="pulumi",
        module="github.com/pulumi/pulumi/pkg/v3",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        seconds=190,
        fits=_from(3, 250),  # the protocol of the Python SDK of that version
        version_arguments=("version",),
        stamp=("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",),
    ),
    Tool(
        "pulumi-language-python",
        folder="pulumi-language-python",
        module="github.com/pulumi/pulumi/sdk/v3",
        package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
        seconds=33,
        fits=_from(3),
        beside="python/cmd/pulumi-language-python-exec",
        part_of="pulumi",
    ),
    Tool(
        "helm",
        folder="helm",
        module="helm.sh/helm/v4",
        package="helm.sh/helm/v4/cmd/helm",
        seconds=60,
        fits=_from(4),
        version_arguments=("version", "--short"),
        stamp=("helm.sh/helm/v4/internal/version.version",),
    ),
    Tool(
        "kustomize",
        folder="kustomize",
        module="sigs.k8s.io/kustomize/kustomize/v5",
        package="sigs.k8s.io/kustomize/kustomize/v5",
        seconds=20,
        fits=_from(5, 7),
        version_arguments=("version",),
    ),
    Tool(
        "actionlint",
        folder="actionlint",
        module="github.com/rhysd/actionlint",
        package="github.com/rhysd/actionlint/cmd/actionlint",
        seconds=5,
        fits=_from(1, 7),
        version_arguments=("-version",),
        stamp=("github.com/rhysd/actionlint.version",),
        prefix="",
    ),
)

TOOLS: Final[Mapping[str, Tool]] = MappingProxyType({tool.name: tool for tool in _ALL})
