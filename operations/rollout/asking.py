"""Who is asked before an operator's decision is carried out, and about what.

Production is asked by the stack's name, as before an update; all others were asked by the command itself. An abort is
never asked about: it goes back to what served a moment ago, and each second of a question is one of errors.
"""

import os
import sys
from collections.abc import Mapping

import typer

from operations.exits import Exit, Stop
from operations.output import say
from operations.rollout.subject import Subject
from settings.environment import Cluster, Tier
from settings.stack import Stack


def agreed(subject: Subject, what: str, *, yes: bool) -> bool:
    """Say what will be done to a service, and have it confirmed as `agreed_to` does."""
    clusters = {place.cluster_name: place.cluster for place in subject.places}
    return agreed_to(subject.stack, clusters, what, yes=yes)


def agreed_to(stack: Stack, clusters: Mapping[str, Cluster], what: str, *, yes: bool) -> bool:
    """Say what will be done, and have it confirmed on production; with DRY_RUN=true nothing is agreed to."""
    say(what)
    if os.environ.get("DRY_RUN", "").lower() in {"1", "true", "yes"}:
        say("DRY_RUN is set: nothing is changed")
        return False
    if stack.environment.tier is not Tier.PRODUCTION or yes:
        return True
    named = ", ".join(f"{name} ({cluster.context})" for name, cluster in clusters.items())
    say(f"warning: {stack.name} is of the tier production, on {named}")
    if not sys.stdin.isatty():
        raise Stop(Exit.USAGE, "nobody is there to confirm this: give --yes")
    if typer.prompt(f"Type {stack.name} to go on", err=True) == stack.name:
        return True
    say("nothing was changed")
    return False
