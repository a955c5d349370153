import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from pg8000 import native

from day2.engine.postgres.server import Server as Running
from day2.engine.postgres.server import throwaway
from lambdas.adapters import postgres
from lambdas.adapters.postgres import Refusal, Server, connecting
from lambdas.errors import AccessRefused, DatabaseNotReachable, VerificationFailed


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with throwaway() as server:
        yield server


@pytest.fixture
def server(running: Running) -> Server:
    return Server(
        host=running.host,
        port=running.port,
        database=running.database,
        user=running.user,
        password=running.password,
        ca_file=str(running.ca_file),
    )


def test_a_session_is_encrypted_limited_and_read_only(server: Server) -> None:
    with postgres.session(server, statement_seconds=7) as session:
        session.begin()
        rows = session.rows(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),"
            " current_setting('transaction_read_only'), current_setting('transaction_isolation'),"
            " current_setting('search_path'), current_setting('application_name'),"
            " current_setting('idle_in_transaction_session_timeout'),"
            " (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())",
            doing="looking",
        )

    assert rows == [["7s", "5s", "on", "repeatable read", "public", "coder-day2", "15min", True]]


def test_the_transaction_of_the_checks_is_read_only_also_in_a_session_that_may_write(server: Server) -> None:
    with postgres.session(server, statement_seconds=5, writes=True) as session:
        session.begin()

        assert session.attempt("CREATE TABLE forbidden ()", doing="writing", seconds=5) == Refusal("25006")


def test_nothing_can_be_written_not_even_outside_the_transaction(server: Server) -> None:
    with postgres.session(server, statement_seconds=7) as session:
        assert session.execute("CREATE TABLE forbidden ()", doing="writing") == Refusal("25006")
        session.begin()
        assert session.attempt("CREATE TABLE forbidden ()", doing="writing", seconds=5) == Refusal("25006")


def test_a_refused_statement_does_not_end_the_transaction(server: Server) -> None:
    with postgres.session(server, statement_seconds=7) as session:
        session.begin()

        assert session.attempt("SELECT 1 / 0", doing="dividing", seconds=5) == Refusal("22012")
        assert session.attempt("SELECT 1", doing="counting", seconds=5) == [[1]]


def test_a_refused_statement_that_had_to_work_is_named_without_the_servers_words(server: Server) -> None:
    with (
        postgres.session(server, statement_seconds=7) as session,
        pytest.raises(VerificationFailed, match=r"reading users: the server refused .* 42P01") as failed,
    ):
        session.rows("SELECT * FROM a_table_of_secrets", doing="reading users")

    assert "a_table_of_secrets" not in str(failed.value)


def test_a_statement_that_takes_too_long_is_cancelled_by_the_server(server: Server) -> None:
    with postgres.session(server, statement_seconds=60) as session:
        session.begin()
        answer = session.attempt("SELECT pg_sleep(30)", doing="sleeping", seconds=0.05)

    assert isinstance(answer, Refusal)
    assert answer.timed_out


def test_sessions_on_one_snapshot_see_the_same_instant(server: Server, running: Running) -> None:
    running.sql("CREATE TABLE seen (n int); INSERT INTO seen VALUES (1)", database="coder")
    with (
        postgres.session(server, statement_seconds=7) as first,
        postgres.session(server, statement_seconds=7) as second,
    ):
        first.begin()
        snapshot = first.export()
        running.sql("INSERT INTO seen VALUES (2)", database="coder")
        second.begin(snapshot=snapshot)

        assert second.rows("SELECT count(*) FROM seen", doing="counting") == [[1]]


def test_an_abandoned_session_ends_its_statement_at_the_server(server: Server) -> None:
    with postgres.session(server, statement_seconds=60) as session:
        pid = session.rows("SELECT pg_backend_pid()", doing="looking")[0][0]
        threading.Timer(0.2, session.abandon).start()

        with pytest.raises(VerificationFailed, match="sleeping: the connection was lost"):
            session.rows("SELECT pg_sleep(30)", doing="sleeping")

    with postgres.session(server, statement_seconds=15) as other:
        gone = (
            "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = {}) LOOP "
            "PERFORM pg_sleep(0.05), pg_stat_clear_snapshot(); END LOOP; END $$"
        )
        assert other.rows(gone.format(pid), doing="waiting for its end") == []


def test_a_session_that_the_server_ends_is_lost(server: Server, running: Running) -> None:
    with postgres.session(server, statement_seconds=7) as session:
        pid = session.rows("SELECT pg_backend_pid()", doing="looking")[0][0]
        running.sql(f"SELECT pg_terminate_backend({pid})")

        with pytest.raises(VerificationFailed, match="counting: the connection was lost"):
            session.rows("SELECT 1", doing="counting")


def test_a_wrong_password_is_an_access_refused_that_does_not_tell_it(server: Server) -> None:
    with pytest.raises(AccessRefused, match="refused user coder_admin with SQLSTATE 28P01") as refused:
        postgres.connect(replace(server, password="wrong-s3cret"), statement_seconds=7)

    assert "wrong-s3cret" not in str(refused.value)
    assert "wrong-s3cret" not in repr(replace(server, password="wrong-s3cret"))


def test_a_missing_password_is_an_access_refused(server: Server) -> None:
    with pytest.raises(AccessRefused):
        postgres.connect(replace(server, password=""), statement_seconds=7)


def test_an_unknown_database_fails_the_verification(server: Server) -> None:
    with pytest.raises(VerificationFailed, match="SQLSTATE 3D000"):
        postgres.connect(replace(server, database="nothing"), statement_seconds=7)


def test_a_closed_port_is_a_database_that_is_not_reachable_yet(server: Server) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        closed = replace(server, host="127.0.0.1", port=held.getsockname()[1])

        with pytest.raises(DatabaseNotReachable, match="does not answer"):
            postgres.connect(closed, statement_seconds=7)


def test_a_name_without_an_address_is_not_reachable_yet(server: Server) -> None:
    with pytest.raises(DatabaseNotReachable):
        postgres.connect(replace(server, host="copy.invalid"), statement_seconds=7)


@pytest.mark.parametrize("sqlstate", ["57P03", "53300", "08006"])
def test_a_server_that_starts_up_is_not_reachable_yet(server: Server, sqlstate: str) -> None:
    assert isinstance(connecting._not_let_in(sqlstate, server=server), DatabaseNotReachable)


def test_a_certificate_of_another_authority_is_refused(server: Server) -> None:
    with pytest.raises(VerificationFailed, match="certificate is not trusted") as refused:
        postgres.connect(replace(server, ca_file=None), statement_seconds=7)

    assert "DATABASE_CA_FILE" in str(refused.value)


def test_a_certificate_of_another_host_is_refused_in_full_verification(server: Server) -> None:
    with pytest.raises(VerificationFailed, match="certificate is not trusted"):
        postgres.connect(replace(server, host="localhost", port=_forwarded(server)), statement_seconds=7)


def test_a_missing_file_of_authorities_is_named(server: Server) -> None:
    with pytest.raises(VerificationFailed, match=r"file of certificates /nowhere/ca\.pem does not exist"):
        postgres.connect(replace(server, ca_file="/nowhere/ca.pem"), statement_seconds=7)


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path, server: Server) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("not a certificate")
    with pytest.raises(VerificationFailed, match="holds none that can be read"):
        postgres.connect(replace(server, ca_file=str(empty)), statement_seconds=7)


def test_prefer_goes_on_without_tls_where_there_is_none(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    asked = []

    def refuse_tls(at: Server, *, tls: object) -> object:
        asked.append(bool(tls))
        if tls:
            raise native.InterfaceError("Server refuses SSL")
        return signed_in(at, tls=tls)

    signed_in = connecting._connection
    monkeypatch.setattr(connecting, "_connection", refuse_tls)
    postgres.connect(replace(server, tls="prefer"), statement_seconds=7).close()
    with pytest.raises(VerificationFailed, match="the server offers no TLS"):
        postgres.connect(replace(server, tls="require"), statement_seconds=7)

    assert asked == [True, False, True]


def test_a_server_without_tls_is_refused_where_tls_is_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def refuse() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.recv(8)
                peer.sendall(b"N")

        answering = threading.Thread(target=refuse, daemon=True)
        answering.start()
        plain = Server(host="127.0.0.1", port=port, database="coder", user="u", password="p")
        with pytest.raises(VerificationFailed, match="the server offers no TLS"):
            postgres.connect(plain, statement_seconds=7)
        answering.join(5)


def test_what_is_sent_does_not_wait_for_the_server_to_acknowledge_what_was_sent_before(server: Server) -> None:
    with postgres.session(server, statement_seconds=7) as session:
        wire = session._connection._usock
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize("mode", ["disable", "prefer", "require", "verify-ca", "verify-full"])
def test_every_sslmode_connects_where_it_may(server: Server, mode: postgres.Tls) -> None:
    with postgres.session(replace(server, tls=mode), statement_seconds=7) as session:
        encrypted = session.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", doing="looking")

    assert encrypted == [[mode != "disable"]]


def test_another_authority_may_stand_in_for_those_of_rds() -> None:
    assert postgres.authorities({"DATABASE_CA_FILE": "/etc/ca.pem"}) == "/etc/ca.pem"
    assert postgres.authorities({}) == str(postgres.RDS_AUTHORITIES)


def test_the_authorities_are_those_of_rds_and_none_expires_soon() -> None:
    held = x509.load_pem_x509_certificates(postgres.RDS_AUTHORITIES.read_bytes())
    soon = datetime.now(UTC) + timedelta(days=90)

    assert len(held) > 50
    for authority in held:
        assert "Amazon RDS" in authority.subject.rfc4514_string()
        assert authority.not_valid_after_utc > soon
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(postgres.RDS_AUTHORITIES)
    assert context.cert_store_stats()["x509_ca"] == len(held)


def _forwarded(server: Server) -> int:
    """A port of `localhost` that leads to the server, for one connection."""
    listening = socket.create_server(("127.0.0.1", 0))

    def forward() -> None:
        with listening:
            peer, _ = listening.accept()
        with peer, socket.create_connection((server.host, server.port)) as there:
            back = threading.Thread(target=_pump, args=(there, peer), daemon=True)
            back.start()
            _pump(peer, there)
            back.join(5)

    threading.Thread(target=forward, daemon=True).start()
    return int(listening.getsockname()[1])


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while received := source.recv(4096):
            sink.sendall(received)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
