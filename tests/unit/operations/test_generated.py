"""What a command makes before it needs it: generated values of a cluster that answers, and what it says of the rest."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.exits import Exit, Stop
from operations.sealing.format import label_of, unseal
from operations.sealing.generated import prepared
from settings.faults import SettingsError
from tests.unit.operations.controller import SECRETS, Controller, a_controller
from tests.unit.operations.sealing_builders import a_key
from tests.unit.operations.sealing_project import Sealing, holding


@pytest.fixture
def controller() -> Iterator[Controller]:
    with a_controller() as found:
        found.here()
        yield found


@pytest.fixture
def shop(tmp_path: Path, controller: Controller) -> Sealing:
    made = Sealing(tmp_path / "project", source="generated")
    made.reached(controller.port)
    return made


def test_a_stack_is_loaded_with_the_values_it_was_made(shop: Sealing) -> None:
    sealed = prepared(shop.root, "test").stack.sealed
    assert {f"{system}/{name}": [*one.values] for system, found in sealed.items() for name, one in found.items()} == {
        "shop/db": ["password", "url"],
        "mail/relay": ["token"],
    }
    before = shop.files()
    again = prepared(shop.root, "test").stack.sealed
    assert again == sealed
    assert shop.files() == before
    token = sealed["mail"]["relay"]
    assert holding(before, unseal(token.values["token"], [a_key()], label_of(token)).decode()) == []


def test_its_files_are_the_users_alone(shop: Sealing) -> None:
    prepared(shop.root, "test")
    folder = shop.root / ".naru" / "secrets" / "test"
    assert sorted(path.name for path in folder.iterdir()) == ["certificate.pem", "mail.yaml", "shop.yaml"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_cluster_that_does_not_answer_is_left_to_who_needs_it(shop: Sealing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        shop.reached(listener.getsockname()[1])
    before = shop.files()
    assert not any(prepared(shop.root, "test").stack.sealed.values())
    assert shop.files() == before


def test_a_cluster_that_keeps_its_keys_is_refused(shop: Sealing, controller: Controller) -> None:
    controller.says(SECRETS, 403, {"message": "secrets is forbidden"})
    before = shop.files()
    with pytest.raises(Stop, match="refused: main: secrets is forbidden") as caught:
        prepared(shop.root, "test")
    assert caught.value.code is Exit.REFUSED
    assert shop.files() == before


def test_a_sealed_value_that_lacks_is_not_made_but_asked_for(shop: Sealing) -> None:
    shop.change("catalog/mail.yaml", "relay: { keys", "relay: { source: sealed, keys")
    with pytest.raises(SettingsError, match="run `naru seal mail/relay --stack test`"):
        prepared(shop.root, "test")
