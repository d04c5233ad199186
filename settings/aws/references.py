"""Words in braces in the variables of a service and its sidecars: what AWS calls the things that its `aws` lists.

    {bucket/KEY}         the name of a bucket
    {bucketRegion/KEY}   the region it stands in: the primary cluster's, whichever the pod's is
    {queue/KEY}          the URL of a queue, in the region of the pod's cluster
    {secret/KEY}         the name of a secret's entry in Secrets Manager
    {parameter/NAME}     the whole name of a parameter
    {parameters/FOLDER}  the path of a folder, without a slash at the end, all of whose parameters are listed

Every other brace stays: JSON and Spring's `${...}` use them too.
"""

import re
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Final

from settings.aws.system import ServiceAws
from settings.system import System

KINDS: Final = ("bucket", "bucketRegion", "queue", "secret", "parameter", "parameters")

_REFERENCE: Final = re.compile(rf"(?<!\$)\{{({'|'.join(KINDS)})/([^{{}}\s]*)\}}")


def references(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each reference in a text."""
    for match in _REFERENCE.finditer(text):
        yield match[1], match[2]


def replaced(text: str, called: Callable[[str, str], str]) -> str:
    """Return a text with what each reference is called, given its kind and its name."""
    return _REFERENCE.sub(lambda match: called(match[1], match[2]), text)


def readable_folders(system: System, declared: ServiceAws) -> tuple[str, ...]:
    """Return the folders of the tree all of whose parameters a service lists, without those inside another.

    Who may ask for a path is given all below it, whatever else is said. Never the whole tree, which has the entries of
    External Secrets too. Source: AWS, "GetParametersByPath".
    """
    mine = set(declared.parameters)
    others = [name for name in (system.aws.parameters if system.aws else ()) if name not in mine]
    found: list[str] = []
    for name in declared.parameters:
        first, *_ = parts = name.split("/")
        folders = ("/".join(parts[:length]) for length in range(1, len(parts)))
        whole = (folder for folder in folders if not any(other.startswith(f"{folder}/") for other in others))
        if first not in system.secrets:
            found += islice(whole, 1)
    return tuple(dict.fromkeys(found))


def outermost(declared: ServiceAws, folders: Collection[str], name: str) -> str | None:
    """Return which of those folders a folder of what a service lists is inside; None where it is in none."""
    if not any(one.startswith(f"{name}/") for one in declared.parameters):
        return None
    return next((folder for folder in folders if name.startswith(f"{folder}/")), None)


def referable(system: System, declared: ServiceAws, kind: str) -> Collection[str]:
    """Return the names that references of a kind may have in the variables of a service."""
    if kind == "secret":
        # Of one whose keys all name entries of their own there is no entry by its name.
        return tuple(name for name in declared.secrets if name in system.secrets and _has_entry(system, name))
    if kind == "parameters":
        return readable_folders(system, declared)
    listed: dict[str, Collection[str]] = {
        "bucket": declared.buckets,
        "bucketRegion": declared.buckets,
        "queue": declared.queues,
        "parameter": declared.parameters,
    }
    return listed[kind]


def _has_entry(system: System, name: str) -> bool:
    secret = system.secrets[name]
    return any(not setting.remote_key for key, setting in secret.keys.items() if key not in secret.template)
