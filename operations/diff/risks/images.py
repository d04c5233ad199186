"""Images that go back, may become others, or come from elsewhere."""

from collections import defaultdict
from collections.abc import Iterator

from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.images import image_changes, major, mutable, registry, repository
from operations.diff.model import Danger, ImageChange, Level, Subject
from operations.diff.pairs import Sides
from operations.diff.pods import claims, containers
from operations.diff.risks.schema import migrates
from operations.rollback.version import parts


def pulled(sides: Sides) -> Iterator[Finding]:
    """Yield images that go back, may become others, or come from elsewhere; what goes forward is no risk."""
    found: defaultdict[Subject, list[Weak]] = defaultdict(list)
    moved: defaultdict[tuple[str, str], list[ImageChange]] = defaultdict(list)
    for change in image_changes(sides):
        was, now = change.before, change.after
        if registry(was) != registry(now):
            moved[registry(was), registry(now)].append(change)
        elif repository(was) != repository(now):
            found[change.subject].append(
                (Level.MEDIUM, f"{change.container} is another image: {repository(now)} for {repository(was)}")
            )
        found[change.subject] += _of_version(sides, change)
        if (major_before := _wrote(sides, change)) is not None:
            reason = f"its data were written by major {major_before}; this image may refuse to start on them"
            yield Finding(Level.HIGH, Danger.DOWNTIME, change.subject, reason, ("image", "tag"))
    for subject, weak in found.items():
        yield from together(Danger.IMAGES, subject, weak, ("image", "tag"))
    for (was, now), changes in moved.items():
        subjects = list(dict.fromkeys(change.subject for change in changes))
        others = f", as for {listed(subjects[1:], most=3)}" if subjects[1:] else ""
        reason = f"{changes[0].container} comes from the registry {now} for {was}{others}: who can push there runs here"
        at = ("image", "registry")
        yield Finding(Level.HIGH, Danger.IMAGES, subjects[0], reason, at, also=("registries",))
    yield from _new(sides)


def _wrote(sides: Sides, change: ImageChange) -> int | None:
    """Return the major version that wrote the volume of a data store whose image is of a later one; else None."""
    manifest = sides.after[change.subject]
    mounted = {mount["name"] for mount in containers(manifest)[change.container].get("volumeMounts") or ()}
    was, now = major(change.before), major(change.after)
    same = _called(change.before) == _called(change.after)
    later = was is not None and now is not None and was != now and not change.back
    return was if later and same and mounted & set(claims(manifest)) else None


def _called(image: str) -> str:
    return repository(image).rpartition("/")[2]


def _of_version(sides: Sides, change: ImageChange) -> Iterator[Weak]:
    (_, old_tag, old_digest), (_, new_tag, new_digest) = parts(change.before), parts(change.after)
    if change.back:
        manifest = sides.after[change.subject]
        ahead = "its data were written by a newer one" if claims(manifest) else ""
        ahead = ahead or (
            "its databases may be migrated further than it knows" if migrates(sides, manifest, change) else ""
        )
        level = Level.HIGH if ahead else Level.MEDIUM
        yield level, f"{change.container} goes back from {old_tag} to {new_tag}{f': {ahead}' if ahead else ''}"
    if mutable(change.after) and not mutable(change.before):
        yield Level.MEDIUM, f"{change.container} runs the tag {new_tag or 'latest'}, which is another image tomorrow"
    elif old_digest and not new_digest:
        yield Level.MEDIUM, f"{change.container} loses its digest: whoever can push {new_tag} decides what runs"
    elif old_digest and new_digest and old_digest != new_digest and old_tag == new_tag and old_tag:
        yield (
            Level.MEDIUM,
            f"the tag {new_tag} of {change.container} is another image than before: only its digest changes",
        )


def _new(sides: Sides) -> Iterator[Finding]:
    """Yield new workloads whose image may be another one tomorrow, or that come from where nothing came from."""
    known = {registry(image) for manifest in sides.before.values() for image in _images(manifest)}
    for pair in sides.workloads():
        if pair.before is not None or pair.after is None:
            continue
        weak: list[Weak] = []
        for image in _images(pair.after):
            if mutable(image):
                weak.append((Level.MEDIUM, f"it runs {image}, which is another image tomorrow"))
            if known and registry(image) not in known:
                weak.append(
                    (
                        Level.HIGH,
                        f"it comes from {registry(image)}, from where nothing came: who can push there runs here",
                    )
                )
        yield from together(Danger.IMAGES, pair.subject, weak, ("image",))


def _images(manifest: dict[str, object]) -> list[str]:
    return [str(container.get("image", "")) for container in containers(manifest).values()]
