"""The engine's CA: what it issues is believed by a client that verifies in full, and by nobody else."""

import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from day2.engine.authority import Authority


@contextmanager
def tls_server(certificate: Path, key: Path) -> Iterator[int]:
    """A server on loopback that shakes hands once; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.sendall(b"hello")
            except ssl.SSLError:
                connection.close()

        server = threading.Thread(target=shake_hands)
        server.start()
        yield listener.getsockname()[1]
        server.join(timeout=5)


def greet(port: int, *, host: str, ca_file: Path) -> bytes:
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    with connection, context.wrap_socket(connection, server_hostname=host) as secured:
        return secured.recv(5)


@pytest.mark.parametrize("host", ["127.0.0.1", "coder-prod.cluster.local", "::1"])
def test_a_strict_client_believes_a_server_named_in_the_certificate(tmp_path: Path, host: str) -> None:
    authority = Authority.at(tmp_path)
    with tls_server(*authority.issue(["127.0.0.1", "coder-prod.cluster.local", "::1"])) as port:
        assert greet(port, host=host, ca_file=authority.ca_file) == b"hello"


def test_a_host_that_the_certificate_does_not_name_is_refused(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path)
    with (
        tls_server(*authority.issue(["db.local"])) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="ostname"),
    ):
        greet(port, host="other.local", ca_file=authority.ca_file)


def test_another_engines_authority_is_not_believed(tmp_path: Path) -> None:
    ours, other = Authority.at(tmp_path / "ours"), Authority.at(tmp_path / "other")
    with tls_server(*ours.issue(["localhost"])) as port, pytest.raises(ssl.SSLCertVerificationError, match="verify"):
        greet(port, host="localhost", ca_file=other.ca_file)


def test_the_folder_keeps_one_authority_and_one_certificate_for_the_same_hosts(tmp_path: Path) -> None:
    first, again = Authority.at(tmp_path), Authority.at(tmp_path)
    assert first.issue(["a.local"]) == again.issue(["a.local"])
    assert first.ca_file.read_bytes() == again.ca_file.read_bytes()
    assert first.issue(["b.local"]) != first.issue(["a.local"])


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path / "tls")
    _, key = authority.issue(["a.local"])
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((authority.folder / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700


def test_a_certificate_without_a_host_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one host"):
        Authority.at(tmp_path).issue([])
