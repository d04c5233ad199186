"""Which ports the control plane takes."""

from __future__ import annotations

import socket

from local.ports import ADDRESS, PREFERRED, choose, is_free


def everything(port: int) -> bool:
    return True


def test_first_start_takes_the_preferred_ports() -> None:
    assert choose({}, free=everything) == dict(PREFERRED)


def test_remembered_ports_are_kept() -> None:
    remembered = {purpose: 27001 + number for number, purpose in enumerate(PREFERRED)}
    assert choose(remembered, free=everything) == remembered


def test_taken_port_gives_way_to_the_next_free_one() -> None:
    taken = {PREFERRED["api"], PREFERRED["api"] + 1}
    chosen = choose({}, free=lambda port: port not in taken)
    assert chosen == {**PREFERRED, "api": PREFERRED["api"] + 2}


def test_neighbours_never_share_a_port() -> None:
    chosen = choose({}, free=lambda port: port not in PREFERRED.values())
    assert len(set(chosen.values())) == len(PREFERRED)


def test_running_process_keeps_the_port_it_listens_on() -> None:
    remembered = {"api": 27001, "etcd": 27002, "etcd-peer": 27003}
    chosen = choose(remembered, {"etcd", "etcd-peer"}, free=lambda port: port not in remembered.values())
    assert (chosen["etcd"], chosen["etcd-peer"]) == (27002, 27003)
    assert chosen["api"] == PREFERRED["api"]


def test_remembered_port_of_one_is_not_given_to_another() -> None:
    chosen = choose({"etcd": PREFERRED["api"] + 1}, free=lambda port: port != PREFERRED["api"])
    assert len(set(chosen.values())) == len(PREFERRED)


def test_listener_makes_a_port_taken() -> None:
    with socket.socket() as listener:
        listener.bind((ADDRESS, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
