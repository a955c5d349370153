"""A replica of the fake Coder comes to its database, or says why not in its log, and ends as coderd does."""

import signal
from collections.abc import Callable

import pytest
from replicas import Production, Replica, eventually

from day2.engine.fake_coder import configuration, release
from day2.engine.fake_coder.configuration import Misconfigured
from day2.engine.postgres.server import Server

ENCRYPTED = """\
SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
WHERE application_name = 'coderd' AND datname = current_database();
"""

Start = Callable[..., Replica]


def test_it_holds_connections_as_coderd_and_beats_in_its_replicas_row(production: Production, start: Start) -> None:
    replica = start(production.dsn)
    replica.await_healthy()
    assert production.connections() == 3
    beat = "SELECT updated_at FROM replicas WHERE hostname = 'coder-under-test' AND version = 'v2.29.1';"
    first = production.value(beat)
    eventually(lambda: production.value(beat) > first)


def test_told_to_stop_it_says_so_in_its_row_and_lets_go_of_the_database(production: Production, start: Start) -> None:
    replica = start(production.dsn)
    replica.await_healthy()
    assert replica.end()[0] == 0
    eventually(lambda: production.connections() == 0)
    assert production.value("SELECT count(stopped_at) FROM replicas WHERE hostname = 'coder-under-test';") == "1"


def test_it_ends_with_the_process_that_holds_its_input(production: Production, start: Start) -> None:
    replica = start(production.dsn)
    replica.await_healthy()
    assert replica.process.stdin
    replica.process.stdin.close()
    assert replica.process.wait(timeout=10) == 0
    eventually(lambda: production.connections() == 0)


def test_a_schema_newer_than_its_release_is_refused(production: Production, start: Start) -> None:
    production.value("UPDATE schema_migrations SET version = 412;")
    code, log = start(production.dsn).ended()
    assert code == 1
    assert "error: connect to postgres: migrate up: no migration found for version 412" in log
    newer = start(production.dsn, FAKE_CODER_VERSION="v2.30.0")
    newer.await_healthy()
    assert newer.get("buildinfo")[1]["version"] == "v2.30.0"


def test_of_an_older_schema_it_changes_the_number_and_says_that_it_is_a_fake(
    production: Production, start: Start
) -> None:
    production.value("UPDATE schema_migrations SET version = 393;")
    replica = start(production.dsn)
    replica.await_healthy()
    assert production.value("SELECT version FROM schema_migrations;") == "401"
    _, log = replica.end()
    assert "migrate up: this is a fake" in log
    assert "old=393  new=401" in log


def test_a_dirty_schema_is_refused(production: Production, start: Start) -> None:
    production.value("UPDATE schema_migrations SET dirty = true;")
    code, log = start(production.dsn).ended()
    assert (code, "migrate up: Dirty database version 401" in log) == (1, True)


def test_a_database_that_nobody_serves_is_tried_again_and_given_up(start: Start) -> None:
    code, log = start("postgres://ann:s3cret@127.0.0.1:1/coder").ended()
    assert code == 1
    assert log.count("ping postgres: retrying") > 1
    assert "error: connect to postgres: unable to connect after" in log
    assert "s3cret" not in log


def test_a_password_of_another_time_is_told_in_the_servers_words(production: Production, start: Start) -> None:
    code, log = start(production.dsn.replace(production.server.password, "stale")).ended()
    assert code == 1
    assert 'password authentication failed for user \\"coder_admin\\" (SQLSTATE 28P01)' in log


def test_a_connection_that_the_server_cut_is_opened_again(production: Production, start: Start) -> None:
    replica = start(production.dsn)
    replica.await_healthy()
    token = production.token("admin")
    production.cut_connections()
    assert replica.get("users?limit=1", token)[0] == 200
    eventually(lambda: production.connections() == 3)


@pytest.mark.parametrize("options", ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=verify-full"])
def test_tls_is_as_the_url_says(server: Server, production: Production, start: Start, options: str) -> None:
    start(f"{production.dsn}{options}", PGSSLROOTCERT=str(server.ca_file)).await_healthy()
    assert production.value(ENCRYPTED) == ("f" if options == "?sslmode=disable" else "t")


def test_a_certificate_of_an_unknown_authority_is_not_trusted(untouched: Production, start: Start) -> None:
    code, log = start(f"{untouched.dsn}?sslmode=verify-full").ended()
    assert (code, "certificate verify failed" in log) == (1, True)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "the connection URL names no scheme"),
        ({"CODER_PG_CONNECTION_URL": "mysql://ann:s3cret@db/coder"}, "the connection URL names no scheme"),
        ({"CODER_PG_CONNECTION_URL": "postgres://ann:s3cret@db:port/coder"}, "the connection URL is none"),
        ({"CODER_PG_CONNECTION_URL": "postgres://ann:s3cret@db/coder?sslmode=perhaps"}, "sslmode perhaps is none of"),
        ({"FAKE_CODER_VERSION": "v1.0.0", "CODER_PG_CONNECTION_URL": "postgres://ann@db"}, "no schema of Coder v1.0.0"),
    ],
)
def test_what_coderd_would_not_start_with_is_refused(environment: dict[str, str], says: str) -> None:
    with pytest.raises(Misconfigured, match=says) as refused:
        configuration.read(environment)
    assert "s3cret" not in str(refused.value)


def test_a_password_in_the_url_is_unquoted_and_never_shown() -> None:
    read = configuration.read({"CODER_PG_CONNECTION_URL": "postgres://ann:a%2Fb%40c@db.example.com/coder"})
    assert (read.database.password, read.database.port, read.database.sslmode) == ("a/b@c", 5432, "require")
    assert "a/b@c" not in repr(read)


def test_a_release_brings_its_schema() -> None:
    assert [release.schema_of(each) for each in ("v2.29.1", "2.34", "v2.34.0-rc.1")] == [401, 509, 509]


def test_it_takes_no_address_that_another_has(untouched: Production, start: Start) -> None:
    first = start(untouched.dsn)
    first.await_healthy()
    code, log = start(untouched.dsn, CODER_HTTP_ADDRESS=first.url.removeprefix("http://")).ended()
    assert (code, "Address already in use" in log) == (1, True)


def test_killed_it_leaves_its_row_as_it_was(production: Production, start: Start) -> None:
    replica = start(production.dsn)
    replica.await_healthy()
    assert replica.end(signal.SIGKILL)[0] == -signal.SIGKILL
    assert production.value("SELECT count(stopped_at) FROM replicas WHERE hostname = 'coder-under-test';") == "0"
