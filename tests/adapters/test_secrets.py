import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lambdas.adapters.secrets import Login, Secrets
from lambdas.errors import RequestRefused


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("secretsmanager")


def keep(manager: object, value: str) -> str:
    return str(manager.create_secret(Name="rds!cluster-1", SecretString=value)["ARN"])  # type: ignore[attr-defined]


def test_the_login_of_the_managed_secret_is_read(manager: object) -> None:
    arn = keep(manager, json.dumps({"username": "coder_admin", "password": "s3cret"}))

    assert Secrets(manager).login(arn) == Login(user="coder_admin", password="s3cret")


def test_a_login_never_shows_its_password() -> None:
    assert "s3cret" not in repr(Login(user="coder_admin", password="s3cret"))


@pytest.mark.parametrize("value", ["s3cret, not JSON", '{"username": "s3cret"}', '["s3cret"]', '"s3cret"'])
def test_a_secret_of_another_form_is_refused_without_a_word_of_what_it_holds(manager: object, value: str) -> None:
    arn = keep(manager, value)

    with pytest.raises(RequestRefused, match="does not hold a JSON object with username and password") as refused:
        Secrets(manager).login(arn)

    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_secret_that_does_not_exist_is_refused(manager: object) -> None:
    with pytest.raises(RequestRefused, match="ResourceNotFound"):
        Secrets(manager).login("arn:aws:secretsmanager:eu-central-1:123456789012:secret:gone")


HELD = {"username": "coder_admin", "password": "s3cret", "host": "db.example", "port": "5432", "database": "coder"}
OTHER = {**HELD, "host": "restored.example"}
VERSION = "a" * 64


@pytest.fixture
def connection(manager: object) -> str:
    return keep(manager, json.dumps(HELD))


def test_the_connection_secret_is_read_whole_and_never_shows_its_password(manager: object, connection: str) -> None:
    read = Secrets(manager).connection(connection)

    assert (read.user, read.password, read.host, read.port, read.database) == (
        "coder_admin",
        "s3cret",
        "db.example",
        5432,
        "coder",
    )
    assert json.loads(read.text) == HELD
    assert "s3cret" not in repr(read)


def test_a_version_becomes_the_current_one_however_often_it_is_put(manager: object, connection: str) -> None:
    door = Secrets(manager)
    before = door.connection(connection)
    for _ in range(2):
        door.put_version(connection, json.dumps(OTHER), version=VERSION)
        assert (door.connection(connection).host, door.connection(connection).version) == ("restored.example", VERSION)
    assert door.connection(connection, version=before.version).host == "db.example"

    door.make_current(connection, before.version)
    assert door.connection(connection).host == "db.example"
    door.put_version(connection, json.dumps(OTHER), version=VERSION)
    assert door.connection(connection).host == "restored.example"


def test_a_version_that_is_not_there_is_refused(manager: object, connection: str) -> None:
    for attempt in (
        lambda: Secrets(manager).connection(connection, version=VERSION),
        lambda: Secrets(manager).make_current(connection, VERSION),
    ):
        with pytest.raises(RequestRefused):
            attempt()


@pytest.mark.parametrize("held", [{**HELD, "port": "s3cret"}, {"host": "s3cret"}, ["s3cret"]])
def test_a_connection_secret_of_another_form_is_refused_without_being_quoted(manager: object, held: object) -> None:
    with pytest.raises(RequestRefused, match="host, port and database") as refused:
        Secrets(manager).connection(keep(manager, json.dumps(held)))

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("held", ["s3cret\n", '{"token": "s3cret"}'])
def test_a_session_token_is_plain_text_or_a_json_object_s(manager: object, held: str) -> None:
    token = Secrets(manager).session_token(keep(manager, held))

    assert token.value == "s3cret"
    assert "s3cret" not in repr(token)


@pytest.mark.parametrize("held", [" ", '{"key": "s3cret"}', '{"token": 1}'])
def test_a_secret_without_a_session_token_is_refused(manager: object, held: str) -> None:
    with pytest.raises(RequestRefused, match="holds no session token") as refused:
        Secrets(manager).session_token(keep(manager, held))

    assert "s3cret" not in str(refused.value)
