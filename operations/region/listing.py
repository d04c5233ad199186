"""`naru region list`: what the stack file has of each region, and what Route 53 holds of it."""

from pathlib import Path

from operations import output
from operations.aws.health_checks import Health
from operations.exits import Exit, Stop
from operations.output import say
from operations.region import checked, telling
from operations.region.leading import checks
from operations.session import open_session
from settings.loading import load
from settings.stack import Stack


def list_regions(root: Path, name: str, *, health_check: bool, as_json: bool) -> Exit:
    """Show the regions of a stack, and change nothing, not even its state. Raises SettingsError.

    What keeps Route 53 from being asked is a warning.
    """
    stack = load(root, name).stack
    known = _known(root, stack) if health_check and checks(stack) else {}
    for line in checked.not_known(known):
        say(f"warning: {line}")
    if as_json:
        output.write_json(telling.as_json(stack, known))
        return Exit.OK
    output.write_table(telling.table(stack, known))
    if known:
        output.write_table(telling.host_table(stack, known))
    return Exit.OK


def _known(root: Path, stack: Stack) -> dict[str, Health]:
    try:
        return checked.look(stack, open_session(root, stack, (), "region-list").engine.known(), checks(stack))
    except Stop as error:
        return dict.fromkeys(checks(stack), Health(unknown=error.lines[0]))
