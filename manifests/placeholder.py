"""What an engine's settings leave open: words in braces that depend on the data store's name, place and size.

    {name}        the data store               {replicas}     how many pods there are
    {namespace}   its namespace                {databases}    its databases, with blanks between
    {headless}    its headless Service         {primary}      the host of the first pod
    {copies}      copies of each record of Kafka's own topics: at most three
    {copiesInSync} how many of them must be in step: one fewer, at least one
    {voters}      Kafka's controllers, as `controller.quorum.voters` lists them; of stores with a port `controller`

They are replaced in environment variables, commands, arguments, commands of probes and backups, and configuration
files. Every other brace stays: shell and JSON use them too.
"""

from collections.abc import Mapping
from typing import Any

from settings.container import Container, Probe, Probes
from settings.data_store import DataStore


def headless_name(store: DataStore) -> str:
    """Return the name of the Service that gives each pod of a data store a host name."""
    return f"{store.name}-headless"


def pod_count(store: DataStore) -> int:
    """Return how many pods a data store has: with a read replica at least two."""
    return max(2, store.replicas) if store.read_replica else store.replicas


def placeholders(store: DataStore, namespace: str) -> dict[str, str]:
    """Return what each placeholder stands for in the settings of a data store."""
    headless, count = headless_name(store), pod_count(store)
    # Without the cluster's domain, which the settings do not know: resolvers of pods add it.
    hosts = [f"{store.name}-{ordinal}.{headless}.{namespace}.svc" for ordinal in range(max(1, count))]
    copies = min(3, len(hosts))
    words = {
        "{name}": store.name,
        "{namespace}": namespace,
        "{headless}": headless,
        "{replicas}": str(count),
        "{databases}": " ".join(store.databases),
        "{primary}": hosts[0],
        "{copies}": str(copies),
        "{copiesInSync}": str(max(1, copies - 1)),
    }
    if "controller" in store.ports:
        port = store.ports["controller"].container
        words["{voters}"] = ",".join(f"{ordinal}@{host}:{port}" for ordinal, host in enumerate(hosts))
    return words


def filled(store: DataStore, words: Mapping[str, str]) -> DataStore:
    """Return the data store with its placeholders replaced, in its sidecars too."""
    update = _filled_container(store, words)
    update["sidecars"] = {
        name: sidecar.model_copy(update=_filled_container(sidecar, words)) for name, sidecar in store.sidecars.items()
    }
    if store.backup is not None:
        commands = {"pre": _each(store.backup.pre, words), "post": _each(store.backup.post, words)}
        update["backup"] = store.backup.model_copy(update=commands)
    return store.model_copy(update=update)


def _filled_container(container: Container, words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "command": _each(container.command, words),
        "args": _each(container.args, words),
        "env": {name: _fill(value, words) for name, value in container.env.items()},
        "config_files": {path: _fill(content, words) for path, content in container.config_files.items()},
        "probes": None if container.probes is None else _filled_probes(container.probes, words),
    }


def _filled_probes(probes: Probes, words: Mapping[str, str]) -> Probes:
    asked = {"startup": probes.startup, "readiness": probes.readiness, "liveness": probes.liveness}
    return probes.model_copy(update={name: _filled_probe(probe, words) for name, probe in asked.items()})


def _filled_probe(probe: Probe, words: Mapping[str, str]) -> Probe:
    return probe if probe.exec is None else probe.model_copy(update={"exec": _each(probe.exec, words)})


def _each(texts: tuple[str, ...], words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_fill(text, words) for text in texts)


def _fill(text: str, words: Mapping[str, str]) -> str:
    if "{" in text:
        for word, value in words.items():
            text = text.replace(word, value)
    return text
