"""From the image that a cluster runs back to what a release says of it. Pure."""

from manifests.image import image_reference
from manifests.placed import Place
from settings.aws.registry import anywhere
from settings.container import Image, Version

_SHOWN = 19  # "sha256:" and twelve digits, as Docker's tools show them


def parts(reference: str) -> tuple[str, str | None, str | None]:
    """Return the repository, tag and digest of an image in full; the port of a registry is no tag."""
    named, _, digest = reference.partition("@")
    path, slash, last = named.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{path}{slash}{name}", tag or None, digest or None


def shown(reference: str) -> str:
    """Return the version of an image as people call it: its tag, else the beginning of its digest."""
    repository, tag, digest = parts(reference)
    return tag or (digest[:_SHOWN] if digest else repository)


def version_of(reference: str, image: Image, place: Place) -> Version | None:
    """Return what a release has to say for an image to be this one; None where it is of another repository."""
    repository, tag, digest = parts(reference)
    bare = image.model_copy(update={"tag": None, "digest": None})
    same = anywhere(image_reference(bare, place)) == anywhere(repository)
    return Version(tag=tag, digest=digest) if same else None
