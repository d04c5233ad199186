"""What a container runs, as the kubelet and as a person read it."""

import re

from manifests.aws.scope import has_aws
from manifests.placed import Place
from settings.aws.registry import nearest
from settings.container import Image

_LABEL_VALUE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def image_reference(image: Image, place: Place) -> str:
    """Return `registry/repository:tag@digest`, without what is not given.

    With a digest the tag decides nothing; it stays for the reader. Of the stack's own images in ECR it is the copy in
    the cluster's region.
    """
    registry = "" if image.registry is None else f"{_address(image.registry, place)}/"
    tag = f":{image.tag}" if image.tag else ""
    digest = f"@{image.digest}" if image.digest else ""
    return f"{registry}{image.repository}{tag}{digest}"


def _address(name: str, place: Place) -> str:
    if has_aws(place.stack, place.system):
        return nearest(place.environment, name, place.cluster.region)
    return place.environment.registries[name]


def version_labels(image: Image) -> dict[str, str]:
    """Return the label with the image's tag, for a workload's own metadata and never for what a selector could take.

    Empty where the tag is none, or is longer or stranger than a label may be.
    """
    if image.tag is None or _LABEL_VALUE.fullmatch(image.tag) is None:
        return {}
    return {"app.kubernetes.io/version": image.tag}
