"""A server answers its master user over verified TLS, keeps its superuser to itself, and leaves nothing."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pg8000.native
import pytest

from day2.engine.postgres.account import ProgramFailed
from day2.engine.postgres.configuration import Configuration, Recovery, now
from day2.engine.postgres.server import Server, identifier, literal, throwaway


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with throwaway() as running:
        yield running


def ask(server: Server, statement: str, *, user: str = "coder_admin") -> object:
    trust = ssl.create_default_context(cafile=str(server.ca_file))
    connection = pg8000.native.Connection(
        user, host=server.host, port=server.port, database="coder", password=server.password, ssl_context=trust
    )
    with closing(connection):
        return connection.run(statement)


def test_the_master_user_logs_in_over_tls_verified_in_full(server: Server) -> None:
    assert ask(server, "select ssl from pg_stat_ssl where pid = pg_backend_pid()") == [[True]]


def test_the_database_is_utf8_with_checksums(server: Server) -> None:
    assert server.sql("show server_encoding", database="coder") == "UTF8"
    assert server.sql("show data_checksums") == "on"


def test_the_superuser_is_refused_by_network(server: Server) -> None:
    with pytest.raises(pg8000.native.DatabaseError, match="28000"):
        ask(server, "select 1", user="rdsadmin")


def test_a_statement_that_is_refused_says_why(server: Server) -> None:
    with pytest.raises(ProgramFailed, match="division by zero"):
        server.sql("select 1/0")


def test_a_throwaway_server_is_gone_at_the_end_even_of_a_failure() -> None:
    kept: list[Server] = []

    def fail() -> None:
        with throwaway() as running:
            kept.append(running)
            raise ValueError("the test's own")

    with pytest.raises(ValueError, match="own"):
        fail()
    assert not kept[0].running
    assert not kept[0].home.exists()


def test_names_and_values_are_quoted() -> None:
    assert identifier('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"


def test_a_path_with_spaces_quotes_and_percent_signs_reaches_the_archive_unharmed() -> None:
    settings = Configuration(
        host="127.0.0.2",
        port=5432,
        sockets=Path("/s"),
        listening=True,
        archive=Path("/a b/it's 100%"),
        recovery=Recovery(archive=Path("/plain"), until=now()),
    ).settings()
    assert "'\"'\"'" in settings.replace("''", "'")
    assert "100%%" in settings
    assert "/plain/%f" in settings
