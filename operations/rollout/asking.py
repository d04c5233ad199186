"""Who is asked before an operator's decision is carried out, and about what.

Production is asked by the stack's name, as before an update; all others were asked by the command itself. An abort is
never asked about: it goes back to what served a moment ago, and each second of a question is one of errors.
"""

import os
import sys

import typer

from operations.exits import Exit, Stop
from operations.output import say
from operations.rollout.subject import Subject
from settings.environment import Tier


def agreed(subject: Subject, what: str, *, yes: bool) -> bool:
    """Say what will be done, and have it confirmed on production; with DRY_RUN=true nothing is agreed to."""
    environment, name = subject.stack.environment, subject.stack.name
    say(what)
    if os.environ.get("DRY_RUN", "").lower() in {"1", "true", "yes"}:
        say("DRY_RUN is set: nothing is changed")
        return False
    if environment.tier is not Tier.PRODUCTION or yes:
        return True
    clusters = ", ".join(f"{place.cluster_name} ({place.cluster.context})" for place in subject.places)
    say(f"warning: {name} is of the tier production, on {clusters}")
    if not sys.stdin.isatty():
        raise Stop(Exit.USAGE, "nobody is there to confirm this: give --yes")
    if typer.prompt(f"Type {name} to go on", err=True) == name:
        return True
    say("nothing was changed")
    return False
