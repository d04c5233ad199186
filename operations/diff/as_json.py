"""A comparison as data: all of it but the values of Secrets, under keys that stay what they are. Pure.

CPU is in cores, memory and storage in bytes. Levels are words in lower case, `highest` is null where there is no risk,
and a side of a stack's cost that is not known is null too. A field has no `before` where there was none, and no `after`
where there is none any more.
"""

from dataclasses import asdict
from typing import Any

from operations.diff.grouped import counts, highest
from operations.diff.model import Change, Field, ImageChange, Level, Previewed, Report, Risk, StackDiff
from operations.diff.sealed import without_ciphertext, without_values


def data(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    return {
        "base": report.base,
        "commit": report.commit,
        "highest": _level(report.highest),
        "stacks": [_stack(stack) for stack in report.stacks],
        "previews": [_preview(preview) for preview in report.previews],
    }


def _stack(stack: StackDiff) -> dict[str, Any]:
    return {
        "stack": stack.stack,
        "trouble": without_ciphertext(stack.trouble),
        "highest": _level(highest(stack)),
        "counts": counts(stack),
        "cost": {
            "before": asdict(stack.before) if stack.before else None,
            "after": asdict(stack.after) if stack.after else None,
        },
        "risks": [_risk(risk) for risk in stack.risks],
        "images": [_image(image) for image in stack.images],
        "changes": [_change(change) for change in stack.changes],
        "alone": [asdict(subject) for subject in stack.alone],
    }


def _level(level: Level | None) -> str | None:
    return level.name.lower() if level is not None else None


def _risk(risk: Risk) -> dict[str, Any]:
    return {
        "level": _level(risk.level),
        "danger": str(risk.danger),
        "subject": asdict(risk.subject),
        "reason": without_ciphertext(risk.reason),
        "clusters": list(risk.clusters),
        "file": risk.file,
        "line": risk.line,
    }


def _image(image: ImageChange) -> dict[str, Any]:
    return asdict(image)


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "subject": asdict(change.subject),
        "because": without_ciphertext(change.because),
        "fields": [_field(without_values(change.subject.kind, field)) for field in change.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    sides = {"before": field.before, "after": field.after}
    return {"path": field.path, **{side: value for side, value in sides.items() if value is not None}}


def _preview(preview: Previewed) -> dict[str, Any]:
    return {
        "stack": preview.stack,
        "result": preview.result,
        "changes": dict(preview.changes),
        "lines": [without_ciphertext(line) for line in preview.lines],
        "reasons": [without_ciphertext(reason) for reason in preview.reasons],
    }
