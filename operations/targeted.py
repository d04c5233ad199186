"""An update of one service and nothing else: pending changes of all others stay pending."""

from pathlib import Path

from operations.automation import Request
from operations.exits import Exit, Stop
from operations.outcome import Outcome
from operations.output import say
from operations.region_by_region import stop_lines, update_by_region
from operations.schema_gate import older_code
from operations.sealing.generated import prepared
from operations.selection import all_but, belonging
from operations.session import open_session
from operations.updating import failures, tell, update
from settings.faults import Fault, SettingsError, did_you_mean


def update_service(
    root: Path,
    stack: str,
    system: str,
    service: str,
    *,
    refresh: bool = False,
    accept_older_code: bool = False,
    told: bool = True,
    at_once: bool = False,
) -> Outcome:
    """Bring one service to what the files say now, on every cluster, and show how it is (unless not `told`).

    Its resources are updated, its migrations, and what they stand on and is not there yet: from cluster to cluster, or
    on all `at_once`. Nobody is asked: who calls this has asked, and if not `told` said what is left out. Raises
    SettingsError, and Stop before anything is changed.
    """
    loaded = prepared(root, stack)
    session = open_session(root, loaded.stack, [system], "up")
    chosen = session.systems[system].services
    if service not in {one.name for one in chosen.values() if one.enabled}:
        found = f"no such service on {stack}, or it is not enabled"
        raise SettingsError([Fault(f"{system}/{service}", 0, "", found, did_you_mean(service, chosen))])
    settings = next(one for one in chosen.values() if one.name == service)
    session.connect(told=not told)
    session.deployed = session.engine.deployed()
    names = belonging(session.objects, system, settings, session.deployed.names)
    excluded = all_but(loaded.stack, session.objects, [system], names, session.deployed.names)
    excluded += session.removed
    request = session.check(Request(excluded, systems=[system], refresh=refresh, serial=True))
    schemas = session.deployed.schemas()
    reached = {place: version for place, version in schemas.items() if place[:2] == (system, service)}
    older = [str(fault) for fault in older_code(loaded, reached)]
    if older and not accept_older_code:
        raise Stop(Exit.REFUSED, *(f"refused: {line}" for line in older))
    for line in older:
        say(f"warning: {line}")
    through = update if at_once else update_by_region
    outcome = through(session, request, expected=len(names), only_for=[settings])
    for line in failures(session, outcome):
        say(line)
    if told:
        tell(session, outcome, 0)
        for line in stop_lines(session, outcome):
            say(line)
    return outcome
