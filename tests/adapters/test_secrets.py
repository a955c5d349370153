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
