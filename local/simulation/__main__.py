"""The process `kubelet` of the embedded control plane: `python -m local.simulation KUBECONFIG`."""

from __future__ import annotations

import queue
import sys
import threading
from pathlib import Path

from local.provider import kubeconfig
from local.provider.transport import Transport
from local.simulation import issuing, node
from local.simulation.issuing import Operators
from local.simulation.node import Node
from local.simulation.trouble import Trouble, log
from local.simulation.watch import Event, follow


def main(path: Path) -> None:
    """Watch and work until the process is ended."""
    cluster = kubeconfig.parse(path.read_text(encoding="utf-8"))
    transport = Transport(cluster)
    pods, operators = Node(transport), Operators(transport)
    events: queue.Queue[Event] = queue.Queue()
    for kind, resource in {**node.KINDS, **issuing.KINDS}.items():
        threading.Thread(target=follow, args=(cluster, kind, resource, events.put), name=kind, daemon=True).start()
    pause: float | None = None
    while True:
        for event in _next(events, pause):
            (pods if event.kind in node.KINDS else operators).see(event)
        try:
            pause = pods.work()
            operators.work()
        except Trouble as error:
            log(str(error))
            pause = 1.0


def _next(events: queue.Queue[Event], pause: float | None) -> list[Event]:
    """Return the events that have come, waiting for the first; none if `pause` seconds go by."""
    try:
        found = [events.get(timeout=pause)]
    except queue.Empty:
        return []
    while not events.empty():
        found.append(events.get_nowait())
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
