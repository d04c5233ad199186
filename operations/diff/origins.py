"""Where in the project's files a risk probably comes from."""

from collections.abc import Iterator
from pathlib import Path

from manifests.assembly import COMMON
from manifests.placed import Manifest
from operations.diff.finding import Finding
from operations.diff.model import Danger, Subject
from operations.diff.pairs import COMPONENT, NAME, PART_OF, Sides, key_of, label
from operations.diff.touched import Files, Touched
from operations.planned import KIND
from settings.faults import SettingsError
from settings.layers import Merged
from settings.loaded import Loaded
from settings.loading import load
from settings.shape import DECLARED

_OF_NAMESPACES = ("Namespace", "ResourceQuota", "LimitRange")
_ARGO = ("AppProject", "Application")
_KINDS = {
    "SealedSecret": "secrets",
    "ExternalSecret": "secrets",
    "Secret": "secrets",
    "SecretStore": "secretStores",
    "ClusterSecretStore": "secretStores",
    "PersistentVolumeClaim": "claims",
    "Gateway": "gateways",
    "Certificate": "gateways",
}
"""Where in a system's settings objects of a kind are declared, if no service or data store has them."""
_OF_AWS = {
    "AWS Bucket": ("aws", "buckets"),
    "AWS Queue": ("aws", "queues"),
    "AWS KeptSecret": ("secrets",),
    "AWS Database": ("dataStores",),
    "AWS DatabaseReplica": ("dataStores",),
    "AWS DataAddress": ("dataStores",),
    "AWS Cache": ("dataStores",),
    "AWS ServiceRole": ("services",),
}
"""The same of components of AWS; others are of the system's `aws` as a whole."""


class Origins:
    """The files of the new side, read once something has to be found in them."""

    def __init__(
        self, root: Path, stack: str, sides: Sides, loaded: Loaded | None = None, was: Files | None = None
    ) -> None:
        self._root, self._stack, self._sides = root, stack, sides
        self._touched = None if was is None else Touched(was, self._text)
        self._loaded, self._tried = loaded, loaded is not None

    def of(self, finding: Finding) -> tuple[str, int]:
        """Return the file, relative to the project, and line: of the setting, or of what it is a setting of.

        Where the files of the old side are at hand, that is a line that the change touches, if one of those is probable
        at all; else the last layer that says anything. Of what the new side no longer declares, the file that would:
        the system's in the catalog. An empty file and 0 where that is gone too.
        """
        subject, loaded = finding.subject, self._settings()
        name = self._system(subject)
        if loaded is not None:
            environment = loaded.merged[""]
            merged = environment if finding.environment else loaded.merged.get(name)
            declared = None
            if merged is not None:
                declared = () if finding.environment else self._declared(loaded, merged, subject, name)
            if touched := self._where_touched(finding, environment, merged, declared):
                return touched
            if finding.also and environment.history(finding.also):
                return _setting(environment, (), finding.also)
            if merged is not None and declared is not None:
                return _setting(merged, declared, finding.at)
        for file in (f"catalog/{name}.yaml", f"Pulumi.{self._stack}.yaml"):
            if (self._root / file).is_file():
                return file, 1
        return "", 0

    def _where_touched(
        self, finding: Finding, environment: Merged, merged: Merged | None, declared: tuple[str, ...] | None
    ) -> tuple[str, int] | None:
        """Return the touched line of the setting that is the nearest to what a risk is about; None for none."""
        if self._touched is None:
            return None
        for layers, path in _nearest_first(finding, environment, merged, declared):
            for setting in reversed(layers.history(path)):
                if line := self._touched.within(setting.file, max(setting.line, 1)):
                    return setting.file, line
        # What is declared by a setting of something else: a policy by who depends on it, an analysis by objectives.
        files = (f"catalog/{self._system(finding.subject)}.yaml", f"Pulumi.{self._stack}.yaml")
        return next(((file, line) for file in files if (line := self._touched.only(file))), None)

    def _text(self, file: str) -> str | None:
        try:
            return (self._root / file).read_text(encoding="utf-8")
        except OSError:
            return None

    def _system(self, subject: Subject) -> str:
        """Return the system that an object is of; what Pulumi applies for Argo CD says it by a label."""
        manifest = self._manifest(subject)
        said = "" if manifest is None else label(manifest, PART_OF)
        return said if subject.kind in _ARGO and said else subject.system or COMMON

    def _settings(self) -> Loaded | None:
        if not self._tried:
            self._tried = True
            try:
                self._loaded = load(self._root, self._stack)
            except (SettingsError, OSError):
                self._loaded = None
        return self._loaded

    def _declared(self, loaded: Loaded, merged: Merged, subject: Subject, name: str) -> tuple[str, ...] | None:
        """Return the path of what an object is declared by in its system's settings; None where nothing does."""
        data = merged.data
        if subject.kind in _OF_NAMESPACES:
            called = subject.namespace or subject.name
            system = loaded.stack.systems.get(name)
            keys = system.namespaces if system is not None else {}
            key = next((key for key in keys if system is not None and system.namespace_name(key) == called), None)
            return None if key is None else ("namespaces", key)
        if subject.kind in _ARGO:
            return ()
        if subject.kind.startswith(KIND):
            path = (*_OF_AWS.get(subject.kind, ()), subject.name)
            return path if merged.history(path) else ("aws",) if merged.history(("aws",)) else None
        manifest = self._manifest(subject)
        named = [*_names(manifest), subject.name] if manifest is not None else [subject.name]
        sections = [_KINDS[subject.kind], *DECLARED] if subject.kind in _KINDS else DECLARED
        places = [(section, own) for section in sections for own in dict.fromkeys(named)]
        for section, own in places:
            if isinstance(found := data.get(section), dict) and own in found:
                return section, own
        # What some layer set, and a later one takes away.
        return next((place for place in places if merged.history(place)), None)

    def _manifest(self, subject: Subject) -> Manifest | None:
        key = key_of(subject)
        return self._sides.new(*key) or self._sides.old(*key)


def _names(manifest: Manifest) -> list[str]:
    found = [label(manifest, COMPONENT), label(manifest, NAME)]
    # The pods and objects round a service's Jobs have names of their own.
    found += [name.removesuffix(end) for name in found for end in ("-migrate", "-backup")]
    return [name for name in found if name]


def _nearest_first(
    finding: Finding, environment: Merged, merged: Merged | None, declared: tuple[str, ...] | None
) -> Iterator[tuple[Merged, tuple[str | int, ...]]]:
    """Yield the settings that a risk is about, the most exact first, then what they are settings of."""
    if merged is not None and declared is not None:
        yield from ((merged, (*declared, *finding.at[:length])) for length in range(len(finding.at), 0, -1))
        if finding.danger in {Danger.IMAGES, Danger.SCHEMA} and declared:
            yield merged, (*declared, "image")
            yield environment, ("registries",)
    if finding.also:
        yield environment, finding.also
    if merged is not None and declared:
        yield merged, declared


def _setting(merged: Merged, declared: tuple[str, ...], at: tuple[str | int, ...]) -> tuple[str, int]:
    """Return where the last layer that says something of a setting does, else where that is declared, or taken away."""
    for length in range(len(at), 0, -1):
        history = merged.history((*declared, *at[:length]))
        if history:
            return history[-1].file, max(history[-1].line, 1)
    whole = merged.history(declared) if declared else ()
    position = whole[-1] if whole and whole[-1].value is None else merged.position(declared)
    return position.file, max(position.line, 1)
