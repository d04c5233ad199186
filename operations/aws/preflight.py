"""Whether a release may begin, as far as AWS is concerned. Pure decisions over what `facts` has found.

What the first `up` makes (repositories, secrets, parameters, buckets, data stores) cannot be asked for before it: that
it is missing is told as a warning, "naru up makes it". An update of some systems makes nothing in AWS, so that there
the warning names the update of all of them. What nobody but people or pipelines bring is asked for:

- An image that is not in its repository stops a release, since pods would wait for it; where the very repository has
  still to be made there is nowhere to push to, and it is a warning.
- A secret that nobody has given a value stops a release, since what reads it does not start. As long as anything of its
  system has still to be made it is a warning: some values, such as a database's password, come into the world with the
  rest, and an `up` that failed half-way has to be able to go on. An update of some systems makes none: refused.
- A parameter is made with a placeholder, so one that is still at its first version is a warning: that may do.

What can never come right by itself always stops: a wrong account, a name that somebody else has, a wrong type, a tag
that points elsewhere than the release says, a permission that is missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from operations.aws.errors import safe
from operations.aws.facts import BucketFacts, Facts, ImageFacts, ParameterFacts, SecretFacts
from operations.aws.wanted import Bucket, Image, Parameter, Secret, Wanted
from operations.exits import Exit

_MADE: Final = "is not there yet: {} makes it"
_SHOWN: Final = len("sha256:") + 12
ACCEPT: Final = "`--accept-aws` goes on all the same"
_UNUSABLE: Final = frozenset({"account", "bucket"})
"""Where these are refused the files or the credentials are taken to be at fault: exit code 1.

A bucket that we may not ask for looks as one of another account does, so that a permission may be what is missing.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an operator should know; `stops` says that nothing may be changed before it is put right."""

    system: str
    region: str
    kind: str
    """Of what it is about: image, secret, parameter, bucket, database, permission or account.

    Or `aws`, where that gave no answer.
    """
    name: str
    text: str
    stops: bool = True

    def __str__(self) -> str:
        where = "/".join(part for part in (self.region, self.system) if part)
        return f"{'refused' if self.stops else 'warning'}: {where}: {self.text}"

    def as_json(self) -> dict[str, Any]:
        """Return it for a script."""
        return asdict(self)


def code(found: Iterable[Finding]) -> Exit:
    """Return how a command ends that does not go on for these: 1 where the files or credentials cannot be used."""
    kinds = {one.kind for one in found if one.stops}
    return Exit.FAULTS if kinds & _UNUSABLE else Exit.REFUSED if kinds else Exit.OK


def wrong_account(wanted: Wanted, account: str) -> Finding | None:
    """Return what is to be said where the credentials are of another account than the stack's."""
    if account == wanted.account:
        return None
    text = (
        f"these credentials are of the account {account}, and the stack {wanted.stack} is of {wanted.account}: "
        "set AWS_PROFILE to one of that account, or correct `aws.account` in the stack file"
    )
    return Finding("", wanted.region, "account", account, text)


def findings(facts: Facts, partial_of: str = "") -> list[Finding]:
    """Return all there is to say, what stops first; `partial_of` is the stack of which only some systems are meant."""
    making = frozenset[str]() if partial_of else _in_the_making(facts)
    made = _MADE.format(f"`naru up --stack {partial_of}` (of all systems)" if partial_of else "`naru up`")
    found = [
        *(Finding("", region, "permission", action, text) for (region, action), text in facts.refused.items()),
        *(one for image, seen in facts.images.items() for one in _image(image, seen, made)),
        *(one for secret, seen in facts.secrets.items() for one in _secret(secret, seen, making, made)),
        *(one for parameter, seen in facts.parameters.items() for one in _parameter(parameter, seen, made)),
        *(one for bucket, seen in facts.buckets.items() for one in _bucket(bucket, seen, made)),
        *(
            Finding(
                one.system, one.region, "database", one.identifier, f"{one.kind} {one.identifier} {made}", stops=False
            )
            for one, there in facts.databases.items()
            if not there
        ),
    ]
    return sorted(found, key=lambda one: not one.stops)


def refusing(found: Iterable[Finding]) -> list[Finding]:
    """Return those that stop a deployment."""
    return [finding for finding in found if finding.stops]


def _in_the_making(facts: Facts) -> frozenset[str]:
    """Return the systems of which something is missing that `naru up` makes."""
    absent: list[tuple[str, bool]] = [
        *((one.system, one.ours and not seen.repository) for one, seen in facts.images.items()),
        *((one.system, one.ours and not seen.exists) for one, seen in facts.secrets.items()),
        *((one.system, seen is None) for one, seen in facts.parameters.items()),
        *((one.system, not seen.exists) for one, seen in facts.buckets.items()),
        *((one.system, not there) for one, there in facts.databases.items()),
    ]
    return frozenset(system for system, missing in absent if missing)


def _image(image: Image, seen: ImageFacts, made: str) -> Iterator[Finding]:
    def said(text: str, *, stops: bool = True) -> Finding:
        return Finding(image.system, image.region, "image", _reference(image), text, stops)

    tag = image.tag or "latest"
    if not seen.repository and not image.ours:
        yield said(f"there is no repository {image.repository}, and it is not ours to make: have it made")
    elif not seen.repository:
        yield said(
            f"the repository {image.repository} {made}; push {_reference(image)} before its pods start", stops=False
        )
    elif seen.digest is None and seen.at_source:
        yield said(
            f"{_reference(image)} is in {image.source} and not here yet: ECR takes minutes to bring an image, and "
            "brings none that was pushed before it was told to (push it again)"
        )
    elif seen.digest is None:
        points = f" (its tag {tag} points to {_short(seen.tagged)})" if image.digest and seen.tagged else ""
        yield said(f"there is no {_reference(image)}{points}: push it, or correct the release")
    elif image.digest and image.tag and image.tag not in seen.tags:
        now = f"points to {_short(seen.tagged)}" if seen.tagged else "is not there"
        yield said(
            f"the tag {image.tag} of {image.repository} {now}, and the release says {_short(image.digest)}: "
            "correct the release, or tag the image"
        )


def _secret(secret: Secret, seen: SecretFacts, making: frozenset[str], made: str) -> Iterator[Finding]:
    def said(text: str, *, stops: bool = True) -> Finding:
        return Finding(secret.system, secret.region, "secret", secret.name, text, stops)

    if not seen.exists:
        text = f"the secret {secret.name} "
        yield (
            said(text + made, stops=False)
            if secret.ours
            else said(text + "is not there, and it is not ours to make: correct its `remoteKey`, or have it made")
        )
        return
    if seen.deleted:
        yield said(
            f"the secret {secret.name} is being deleted: `aws secretsmanager restore-secret --region {secret.region} "
            f"--secret-id {secret.name}`"
        )
        return
    if not seen.has_value:
        yield said(
            f"the secret {secret.name} has no value yet: `aws secretsmanager put-secret-value --region {secret.region} "
            f"--secret-id {secret.name} --secret-string file://...`",
            stops=secret.system not in making,
        )
    for region in secret.replicas:
        status, message = seen.replicas.get(region, ("", ""))
        if status == "Failed":
            yield said(
                f"the secret {secret.name} could not be copied to {region}: {safe(message) or 'no reason given'}"
            )
        elif not status:
            yield said(f"the copy of the secret {secret.name} in {region} {made}", stops=False)
        elif status != "InSync":
            yield said(f"the secret {secret.name} is still being copied to {region} ({status})", stops=False)


def _parameter(parameter: Parameter, seen: ParameterFacts | None, made: str) -> Iterator[Finding]:
    def said(text: str, *, stops: bool = True) -> Finding:
        return Finding(parameter.system, parameter.region, "parameter", parameter.name, text, stops)

    if seen is None:
        yield said(f"the parameter {parameter.name} {made}", stops=False)
    elif seen.type != parameter.type:
        yield said(f"the parameter {parameter.name} is a {seen.type}, and the catalog says {parameter.type}")
    elif seen.version == 1:
        # Without it a SecureString goes to the account's own key, which the roles of pods may not decrypt by.
        key = f" --type {parameter.type} --key-id {parameter.key}" if parameter.key else ""
        yield said(
            f"the parameter {parameter.name} still has the placeholder it was made with: `aws ssm put-parameter "
            f"--overwrite --region {parameter.region} --name {parameter.name}{key} --value file://...`",
            stops=False,
        )


def _bucket(bucket: Bucket, seen: BucketFacts, made: str) -> Iterator[Finding]:
    def said(text: str, *, stops: bool = True) -> Finding:
        return Finding(bucket.system, bucket.region, "bucket", bucket.name, text, stops)

    if seen.taken:
        yield said(
            f"the bucket {bucket.name} belongs to another account, or you may not ask for it (s3:ListBucket): "
            "choose another name, or ask for the permission"
        )
    elif not seen.exists:
        yield said(f"the bucket {bucket.name} {made}; its name is free", stops=False)
    elif seen.region and seen.region != bucket.region:
        yield said(f"the bucket {bucket.name} is in {seen.region}, and a bucket cannot move: choose another name")


def _reference(image: Image) -> str:
    tag = f":{image.tag}" if image.tag else ""
    digest = f"@{_short(image.digest)}" if image.digest else ""
    return f"{image.repository}{tag}{digest}"


def _short(digest: str | None) -> str:
    return f"{(digest or '')[:_SHOWN]}…"


def summary(wanted: Wanted, found: Iterable[Finding]) -> str:
    """Return one line that says what was asked for."""
    counts: Mapping[str, int] = {
        "image": len(wanted.images),
        "secret": len(wanted.secrets),
        "parameter": len(wanted.parameters),
        "bucket": len(wanted.buckets),
        "data store": len(wanted.databases),
    }
    told = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count)
    said = list(found)
    stopping = len(refusing(said))
    judged = f"{stopping} refused, {len(said) - stopping} warnings" if said else "all as it should be"
    return f"{wanted.stack}: account {wanted.account}: {told or 'nothing to ask for'}: {judged}"
