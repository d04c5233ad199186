"""Asks AWS before anything is changed: `naru aws check`, and the same on the way into `naru up`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from manifests.aws.scope import has_aws
from operations.aws.errors import AwsError
from operations.aws.facts import account_of, gather, questions
from operations.aws.policy import policy, text, too_long
from operations.aws.preflight import ACCEPT, Finding, code, findings, refusing, summary, wrong_account
from operations.aws.progress import counting
from operations.aws.wanted import Wanted, wanted
from operations.exits import Exit, Stop
from operations.output import errors, say, write_json, write_lines
from operations.selection import chosen
from settings.loading import load
from settings.stack import Stack


def check(root: Path, name: str, named: Collection[str], *, as_json: bool) -> int:
    """Ask, tell and return the exit code. Raises SettingsError and Stop."""
    asked = wanted_of(load(root, name).stack, named)
    found = ask(asked)
    if as_json:
        write_json(
            {
                "stack": name,
                "account": asked.account,
                "refused": bool(refusing(found)),
                "findings": [one.as_json() for one in found],
            }
        )
    else:
        write_lines(map(str, found))
        say(summary(asked, found))
    return code(found)


def print_policy(root: Path, name: str, out: Path | None) -> int:
    """Print or write the IAM policy of whoever runs `naru` on a stack. Raises SettingsError and Stop."""
    document = policy(wanted_of(load(root, name).stack))
    if too_long(document):
        say("warning: this is longer than a managed policy may be (6,144 characters): divide its statements among two")
    if out is None:
        write_lines(text(document).splitlines())
    else:
        out.write_text(text(document), encoding="utf-8")
        say(f"wrote {out}")
    return Exit.OK


def before_change(
    stack: Stack, named: Collection[str], *, all_: bool, accept: bool = False, urgent: bool = False
) -> list[Finding]:
    """Return what AWS has against a change of some systems of a stack: the account alone, or all of it.

    What is accepted stops nothing; the account is never accepted. Raises Stop where AWS cannot be asked, unless the
    change is urgent.
    """
    return ask(wanted(stack, named), all_=all_, accept=accept, urgent=urgent, advice=[ACCEPT])


def wanted_of(stack: Stack, named: Collection[str] = ()) -> Wanted:
    """Return what a stack wants of AWS, of the named systems. Raises Stop for a stack without AWS."""
    if not has_aws(stack):
        raise Stop(Exit.USAGE, f"{stack.name} has no AWS: its stack file says nothing of `aws`")
    return wanted(stack, chosen(stack, list(named)) if named else ())


def ask(
    asked: Wanted, *, all_: bool = True, accept: bool = False, urgent: bool = False, advice: Sequence[str] = ()
) -> list[Finding]:
    """Ask for the account and, unless that is another, for all the rest, which may be accepted as it is.

    What is urgent waits less long, and goes on where nobody says whose account it is: the engine's provider refuses
    every account but the stack's by itself. Raises Stop where AWS cannot be asked, with `advice` where the rest cannot.
    """
    from operations.aws.client import Aws  # noqa: PLC0415 - boto3, which only those who ask AWS pay for
    from operations.aws.explaining import HURRIED, PATIENT  # noqa: PLC0415

    try:
        aws = Aws(asked.stack, asked.region, HURRIED if urgent else PATIENT)
        wrong = wrong_account(asked, account_of(aws))
        if wrong is not None:
            return [wrong]
        if not all_:
            return []
    except AwsError as error:
        if urgent:
            text = f"{error}; whose account it is, the engine asks by itself"
            return [Finding("", asked.region, "aws", error.code, text, stops=False)]
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    try:
        with counting("asking AWS", questions(asked), errors()) as done:
            found = findings(gather(aws, asked, done), asked.stack if asked.partial else "")
    except AwsError as error:
        if not accept:
            raise Stop(Exit.REFUSED, f"refused: {error}", *advice) from None
        found = [Finding("", asked.region, "aws", error.code, f"{error}; the rest is not known")]
    return [replace(one, stops=False) for one in found] if accept else found
