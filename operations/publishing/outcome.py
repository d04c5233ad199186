"""How a publication ends: what was published, or why nothing was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from operations.exits import Exit, Stop
from operations.publishing.files import FileChange
from operations.publishing.message import counted
from operations.publishing.record import VersionChange

Reason = Literal[
    "delivery",
    "repository",
    "dirty",
    "remote",
    "unreachable",
    "git",
    "foreign",
    "held",
    "older source",
    "older code",
    "other code",
    "unknown source",
    "unfit source",
    "push",
]


class Refusal(Stop):
    """Nothing was published: the branch and the checkout are as they were."""

    def __init__(self, reason: Reason, *lines: str, **details: Any) -> None:
        self.reason = reason
        self.details = details
        super().__init__(Exit.REFUSED, *lines)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"result": "refused", "reason": self.reason, **self.details, "lines": list(self.lines)}


@dataclass(frozen=True, slots=True)
class Published:
    """What there is on the branch, or what there would be."""

    stack: str
    branch: str
    remote: str
    result: Literal["published", "unchanged", "declined", "would publish"]
    commit: str | None
    """The tip of the branch now; None where it does not exist yet."""
    before: str | None
    """The tip until then; None where the branch is new."""
    source: str
    """The commit of the project that is published."""
    message: str = ""
    """Of the commit that was made, or would be."""
    versions: tuple[VersionChange, ...] = ()
    files: Mapping[str, FileChange] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is a commit that was not there before."""
        return self.result == "published"

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]

    @property
    def line(self) -> str:
        """What there is to say of it."""
        where = f"{self.branch} at {self.remote}"
        if self.result == "unchanged":
            return f"nothing to publish: {where} has these very files ({(self.commit or '')[:12]})"
        if self.result == "declined":
            return "nothing was published"
        made = "would publish" if self.result == "would publish" else f"published as {(self.commit or '')[:12]}"
        files = sum(one.added + one.changed + one.removed for one in self.files.values())
        return f"{self.subject} ({counted(files, 'file')}): {made} on {where}, from {self.source[:12]}"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "result": self.result,
            "stack": self.stack,
            "branch": self.branch,
            "remote": self.remote,
            "commit": self.commit,
            "before": self.before,
            "source": self.source,
            "subject": self.subject,
            "message": self.message,
            "versions": [change.as_json() for change in self.versions],
            "files": {system: change.as_json() for system, change in self.files.items()},
            "warnings": list(self.warnings),
        }
