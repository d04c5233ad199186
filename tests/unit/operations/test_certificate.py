"""The certificate of a cluster's controller: where it is asked for, and what is said where there is none."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from operations.api_server import connect
from operations.exits import Exit
from operations.sealing import certificate
from settings.environment import Cluster
from settings.faults import SettingsError
from tests.unit.operations.controller import PROXY, SERVICE, Controller, a_controller
from tests.unit.operations.sealing_builders import a_certificate
from tests.unit.operations.sealing_project import Sealing

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def controller() -> Iterator[Controller]:
    with a_controller() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, controller: Controller) -> Sealing:
    made = Sealing(tmp_path / "project")
    made.reached(controller.port)
    return made


def seal(shop: Sealing) -> int:
    return shop.seal("--from-file", f"password={shop.given('value')}")


def test_a_cluster_is_asked_through_its_api_server_with_the_users_credentials(
    shop: Sealing, controller: Controller
) -> None:
    assert seal(shop) == Exit.OK
    assert shop.opened() == {"db/password": b"value"}
    assert controller.asked[1:] == [(SERVICE, "Bearer the-token"), (PROXY, "Bearer the-token")]


def test_a_port_without_a_name_is_asked_for_by_none(shop: Sealing, controller: Controller) -> None:
    controller.says(SERVICE, 200, {"metadata": {}, "spec": {"ports": [{"port": 8080}]}})
    controller.answers[PROXY.replace("controller:http", "controller:")] = controller.answers.pop(PROXY)
    assert seal(shop) == Exit.OK


def test_the_embedded_control_plane_says_where_its_controller_is(
    shop: Sealing, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller.here()
    server = connect(Cluster(context="here", region="r", kubeconfig="kubeconfig"), shop.root)
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert certificate.of_cluster(server, "main").pem == a_certificate().pem
    assert controller.asked[-1] == ("/v1/cert.pem", None)


def test_a_committed_certificate_is_used_without_asking_a_cluster(shop: Sealing, controller: Controller) -> None:
    shop.certified()
    assert seal(shop) == Exit.OK
    assert controller.asked == []


TROUBLES = {
    "no-controller": (SERVICE, 404, b'{"message": "services not found"}', "gives no certificate: services not found"),
    "no-right": (PROXY, 403, b'{"message": "services is forbidden"}', "gives no certificate: services is forbidden"),
    "no-pod": (PROXY, 503, b"no endpoints", "gives no certificate: "),
    "something-else": (PROXY, 200, b"<html>", "main: sealed-secrets-controller: no certificate; expected a PEM"),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_a_cluster_without_a_certificate_is_one_line(
    case: str, shop: Sealing, controller: Controller, capsys: Capture
) -> None:
    path, status, content, said = TROUBLES[case]
    controller.says(path, status, content)
    before = shop.files()
    assert seal(shop) == Exit.FAULTS
    captured = capsys.readouterr()
    [line] = captured.err.splitlines()
    assert line.startswith("main: ")
    assert said in line
    assert shop.files() == before


def test_a_cluster_that_does_not_answer_is_one_line(shop: Sealing, capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        shop.reached(listener.getsockname()[1])
    assert seal(shop) == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("secrets/test/certificate.pem: no certificate, and main: http://127.0.0.1:")


def test_a_key_that_is_too_short_is_refused() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(SettingsError, match="RSA keys of 2048 bits"):
        certificate.parse(a_certificate(short).pem, "place")
