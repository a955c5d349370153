"""Each server gets an address that nobody else listens at."""

import ipaddress
import socket

import pytest

from day2.engine.postgres import addresses


def test_an_address_is_loopback_and_free() -> None:
    host, port = addresses.choose()
    assert ipaddress.ip_address(host).is_loopback
    with socket.create_server((host, port)):
        pass


def test_without_loopback_addresses_of_its_own_a_server_gets_a_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    bind = addresses._bound

    def only_one_address(address: str, port: int) -> int:
        if address != "127.0.0.1":
            raise OSError("cannot assign requested address")
        return bind(address, port)

    monkeypatch.setattr(addresses, "_bound", only_one_address)
    first, second = addresses.choose(), addresses.choose()
    assert first[0] == second[0] == "127.0.0.1"
    assert addresses.POSTGRES not in {first[1], second[1]}
