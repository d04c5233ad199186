"""How the processes are started, and what they read."""

from __future__ import annotations

import base64
import csv
import json
import stat
from pathlib import Path

import pytest
import yaml

from local import commands, operator_commands
from local.commands import ORDER
from local.places import Places
from local.ports import PREFERRED
from local.preparation import prepare
from local.processes import Command

PORTS = {"api": 27001, "etcd": 27002, "etcd-peer": 27003, "sealing": 27004, "prometheus": 27005}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "plane")


def every(places: Places) -> dict[str, Command]:
    binary = Path("/bin/true")
    found = [
        commands.etcd(places, PORTS, binary, "1"),
        commands.api_server(places, PORTS, binary, "1"),
        commands.controllers(places, binary, "1"),
        commands.scheduler(places, binary, "1"),
        commands.kwok(places, binary, "1"),
        commands.kubelet(places, "1"),
        operator_commands.scraper(places, PORTS, binary, "1"),
        operator_commands.sealed_secrets(PORTS, ("/bin/launcher",), binary, "1"),
        operator_commands.argo_rollouts(places, PORTS, binary, "1"),
    ]
    return {command.name: command for command in found}


def test_every_process_has_its_place_in_the_order(places: Places) -> None:
    assert tuple(every(places)) == ORDER


def test_everything_listens_on_loopback_or_not_at_all(places: Places) -> None:
    processes = every(places)
    urls = [argument for argument in processes["etcd"].argv if "urls=" in argument]
    assert len(urls) == 4
    assert all("=https://127.0.0.1:" in argument for argument in urls)
    assert "--bind-address=127.0.0.1" in processes["kube-apiserver"].argv
    assert "--secure-port=0" in processes["kube-controller-manager"].argv
    assert "--secure-port=0" in processes["kube-scheduler"].argv
    assert "--node-port=0" in processes["kwok"].argv
    serving = [argument for argument in processes["sealed-secrets-controller"].argv if "listen" in argument]
    assert serving == ["--listen-addr=127.0.0.1:27004", "--listen-metrics-addr=127.0.0.1:0"]
    assert "--web.listen-address=127.0.0.1:27005" in processes["prometheus"].argv
    # Its listeners are on every address: what is no port is listened on nowhere.
    served = [argument for argument in processes["rollouts-controller"].argv if "Port" in argument]
    assert served == ["--metricsPort=-1", "--healthzPort=-1"]
    assert not any("0.0.0.0" in argument for process in processes.values() for argument in process.argv)


def test_etcd_asks_clients_and_peers_for_certificates(places: Places) -> None:
    argv = every(places)["etcd"].argv
    assert {"--client-cert-auth", "--peer-client-cert-auth"} <= set(argv)


def test_etcd_trusts_another_authority_than_the_api_server(places: Places) -> None:
    processes = every(places)
    trusted = next(argument for argument in processes["etcd"].argv if argument.startswith("--trusted-ca-file="))
    client = next(argument for argument in processes["kube-apiserver"].argv if argument.startswith("--client-ca-file="))
    assert trusted.partition("=")[2] != client.partition("=")[2]


@pytest.mark.parametrize(
    "argument",
    [
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        "--allow-privileged=false",
        "--profiling=false",
        "--etcd-servers=https://127.0.0.1:27002",
        "--secure-port=27001",
    ],
)
def test_api_server_is_closed(places: Places, argument: str) -> None:
    assert argument in every(places)["kube-apiserver"].argv


def test_default_admission_is_not_touched(places: Places) -> None:
    assert not any("admission" in argument.partition("=")[0] for argument in every(places)["kube-apiserver"].argv)


def test_nobody_waits_for_the_lease_of_a_dead_one(places: Places) -> None:
    processes = every(places)
    for name in ("kube-controller-manager", "kube-scheduler", "rollouts-controller"):
        assert "--leader-elect=false" in processes[name].argv
    assert "--node-lease-duration-seconds=0" in processes["kwok"].argv


def test_no_argument_holds_a_secret(places: Places) -> None:
    prepare(places, "", [])
    keys = [file.read_text(encoding="utf-8") for file in places.pki.glob("*.key")]
    keys.append((places.sealing_account / "token").read_text(encoding="utf-8"))
    assert len(keys) > 5
    said = " ".join(argument for process in every(places).values() for argument in process.argv)
    assert not any(line in said for key in keys for line in key.splitlines())


def test_preparation_writes_what_every_command_names(places: Places) -> None:
    prepare(places, "stages", [])
    named = [
        Path(argument.partition("=")[2])
        for process in every(places).values()
        for argument in process.argv
        if "=/" in argument and not argument.startswith(("--data-dir", "--storage.tsdb.path"))
    ]
    assert len(named) > 15
    assert [path for path in named if not path.exists()] == []


def test_prepared_files_are_for_the_user_alone(places: Places) -> None:
    prepare(places, "stages", [])
    modes = {stat.S_IMODE(path.stat().st_mode) for path in places.data.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in [places.data, *places.data.iterdir()] if path.is_dir()} == {
        0o700
    }


def test_sealing_controller_is_known_by_the_token_it_finds(places: Places) -> None:
    prepare(places, "", [])
    found = {file.name: file.read_text(encoding="utf-8") for file in places.sealing_account.iterdir()}
    assert found.keys() == {"token", "ca.crt", "namespace"}
    assert found["namespace"] == "kube-system"
    assert found["ca.crt"] == places.cluster_authority.pair.certificate.read_text(encoding="utf-8")
    [[token, user, _, groups]] = csv.reader(places.tokens.read_text(encoding="utf-8").splitlines())
    assert (token, user) == (found["token"], "system:serviceaccount:kube-system:sealed-secrets-controller")
    assert groups.split(",") == [
        "system:serviceaccounts",
        "system:serviceaccounts:kube-system",
        "system:authenticated",
    ]
    assert len(token) > 40


def test_sealing_controller_is_told_where_the_api_server_is(places: Places) -> None:
    command = every(places)["sealed-secrets-controller"]
    assert command.argv[0] == "/bin/launcher"
    assert command.environment == {
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": "27001",
        "POD_NAMESPACE": "kube-system",
    }


def test_sealing_key_never_changes_by_itself(places: Places) -> None:
    assert "--key-renew-period=0" in every(places)["sealed-secrets-controller"].argv


def test_analyses_ask_the_prometheus_of_the_control_plane(places: Places) -> None:
    processes = every(places)
    told = processes["rollouts-controller"].environment
    assert told == {"ARGO_ROLLOUTS_PROMETHEUS_ADDRESS": "http://127.0.0.1:27005", "POD_NAMESPACE": "argo-rollouts"}
    assert processes["prometheus"].port == 27005


def test_prometheus_is_changed_and_ended_by_nobody_over_the_network(places: Places) -> None:
    argv = every(places)["prometheus"].argv
    assert not any("lifecycle" in argument or "admin" in argument or "receiver" in argument for argument in argv)


def test_prometheus_keeps_what_it_scraped_with_the_cluster_and_not_for_long(places: Places) -> None:
    argv = every(places)["prometheus"].argv
    assert f"--storage.tsdb.path={places.data / 'prometheus' / 'data'}" in argv
    assert "--storage.tsdb.retention.time=2h" in argv


def test_prometheus_finds_its_targets_where_they_are_put(places: Places) -> None:
    prepare(places, "stages", [])
    found = yaml.safe_load(places.scraped.read_text(encoding="utf-8"))
    assert found["global"]["scrape_interval"] == "1s"
    assert "rule_files" not in found
    [scrape] = found["scrape_configs"]
    [discovery] = scrape["file_sd_configs"]
    assert [places.scraped.parent / pattern for pattern in discovery["files"]] == [places.targets / "*.json"]
    assert places.targets.is_dir()


def test_directory_that_was_open_is_closed(places: Places) -> None:
    places.data.mkdir(mode=0o755)
    prepare(places, "stages", [])
    assert stat.S_IMODE(places.data.stat().st_mode) == 0o700


def test_chosen_ports_are_remembered(places: Places) -> None:
    ports = prepare(places, "", [])
    assert json.loads(places.ports.read_text(encoding="utf-8")) == ports


def test_preparing_twice_changes_nothing(places: Places) -> None:
    first = prepare(places, "stages", [])
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in places.data.rglob("*") if path.is_file()}
    assert prepare(places, "stages", ORDER) == first
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in places.data.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("content", ["", "[1]", '{"api": "x"}'])
def test_damaged_memory_of_ports_is_no_obstacle(places: Places, content: str) -> None:
    places.data.mkdir()
    places.ports.write_text(content, encoding="utf-8")
    assert prepare(places, "", []).keys() == PREFERRED.keys()


def test_kubeconfig_stands_by_itself(places: Places) -> None:
    ports = prepare(places, "", [])
    config = yaml.safe_load(places.kubeconfig("admin").read_text(encoding="utf-8"))
    assert config["current-context"] == "naru-local"
    [context] = config["contexts"]
    assert context["name"] == "naru-local"
    [cluster] = config["clusters"]
    assert cluster["cluster"]["server"] == f"https://127.0.0.1:{ports['api']}"
    [user] = config["users"]
    assert base64.b64decode(user["user"]["client-key-data"]) == (places.pki / "admin.key").read_bytes()
    authority = base64.b64decode(cluster["cluster"]["certificate-authority-data"])
    assert authority == places.cluster_authority.pair.certificate.read_bytes()


def test_moved_api_server_changes_every_kubeconfig(places: Places) -> None:
    prepare(places, "", [])
    users = ("admin", "controllers", "scheduler", "kwok", "kubelet", "rollouts")
    before = [places.kubeconfig(user).read_text(encoding="utf-8") for user in users]
    places.ports.write_text(json.dumps({"api": 29999}), encoding="utf-8")
    prepare(places, "", [])
    after = [places.kubeconfig(user).read_text(encoding="utf-8") for user in users]
    assert all(":29999" in text for text in after)
    assert all(old != new for old, new in zip(before, after, strict=True))
