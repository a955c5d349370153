"""The database that an address names: read as psql reads it, and never quoted."""

import pytest

from lambdas.errors import AccessRefused, DatabaseNotReachable, InputRejected
from lambdas.verification import dsn, runner

from .conftest import Seeded


def test_an_address_is_all_that_the_command_line_needs(seeded: Seeded) -> None:
    report = runner.verify_dsn(seeded.running.dsn, as_of=seeded.as_of, environment={})

    assert report.verdict == "pass", report.reason


def test_a_password_may_come_from_the_environment(seeded: Seeded) -> None:
    server = seeded.server
    address = f"postgresql://{server.user}@{server.host}:{server.port}/{server.database}?sslmode=verify-full"

    report = runner.verify_dsn(
        f"{address}&sslrootcert={server.ca_file}", as_of=seeded.as_of, environment={"PGPASSWORD": server.password}
    )

    assert report.verdict == "pass", report.reason


def test_a_wrong_password_in_an_address_is_not_repeated(seeded: Seeded) -> None:
    server = seeded.server
    with pytest.raises(AccessRefused) as refused:
        runner.verify_dsn(f"postgresql://{server.user}:wrong-s3cret@{server.host}:{server.port}/coder", environment={})

    assert "s3cret" not in str(refused.value)


def test_a_database_that_does_not_answer_is_said_so() -> None:
    with pytest.raises(DatabaseNotReachable, match="does not answer"):
        runner.verify_dsn("postgresql://u:p@127.0.0.1:1/coder", environment={})


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("mysql://u:s3cret@h/d", "does not begin with postgresql://"),
        ("postgresql:///d", "names no host"),
        ("postgresql://h/d", "names no user"),
        ("postgresql://u:s3cret@h:port/d", "not a URL with a valid port"),
        ("postgresql://u:s3cret@h/d?sslmode=maybe", "sslmode maybe is none of"),
        ("postgresql://u:s3cret@h/d?colour=red", "the option colour is none of"),
        ("postgresql://u:s3cret@[h/d", "not a URL"),
    ],
)
def test_a_malformed_address_is_refused_without_being_quoted(address: str, problem: str) -> None:
    with pytest.raises(InputRejected, match=problem) as refused:
        dsn.read(address, environment={})

    assert "s3cret" not in str(refused.value)


def test_an_address_is_read_as_psql_reads_it() -> None:
    server = dsn.read("postgres://me%40home:p%2Fw@db.example/", environment={})

    assert (server.user, server.password, server.database, server.port) == ("me@home", "p/w", "me@home", 5432)
    assert server.tls == "prefer"
