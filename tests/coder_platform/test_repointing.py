"""The connection secret and the Kubernetes Secret are led to another database and back, however often it is tried."""

import json

import pytest

from lambdas import errors
from lambdas.platform.handlers import repoint, repoint_back

from .conftest import CONNECTION, NEW_HOST, OLD_HOST, OLD_URL, World

KEPT = "coder-db-url-before-20261125-0000abcd"
NEW_URL = OLD_URL.replace(OLD_HOST, NEW_HOST)
SECRETS = "/api/v1/namespaces/coder/secrets"


def test_both_secrets_are_led_and_what_they_held_is_kept(remembered: World) -> None:
    version = remembered.manager.get_secret_value(SecretId=CONNECTION)["VersionId"]
    changes = remembered.step(repoint.handler)["changes"]
    assert remembered.step(repoint.handler)["changes"] == changes
    assert (remembered.secret(), remembered.secret(KEPT)) == (NEW_URL, OLD_URL)
    assert remembered.connection() == {
        "engine": "postgres",
        "username": "coder_admin",
        "password": "of old",
        "host": NEW_HOST,
        "port": "5432",
        "database": "coder",
    }
    assert [each["kept_as"] for each in changes] == [version, f"coder/{KEPT}"]
    assert all(len(each["before"]) == len(each["after"]) == 16 for each in changes)
    assert "of old" not in json.dumps(changes)
    kept = remembered.ask("GET", f"{SECRETS}/{KEPT}")
    assert (kept["immutable"], kept["metadata"]["labels"]) == (True, {"coder-day2/restoration": "20261125-0000abcd"})
    other = remembered.door.secret("coder", "coder-db-url")
    assert other
    assert other.data["other"] == "kept"


@pytest.mark.parametrize("dies_at", ["POST", "PATCH"])
def test_a_step_that_died_in_between_ends_the_same_when_it_is_repeated(remembered: World, dies_at: str) -> None:
    remembered.door.refuses[dies_at, SECRETS] = 500
    with pytest.raises(errors.ServiceBusy):
        remembered.step(repoint.handler)
    remembered.door.refuses.clear()
    remembered.step(repoint.handler)
    assert (remembered.secret(), remembered.connection()["host"]) == (NEW_URL, NEW_HOST)


def test_the_secrets_are_led_again_where_a_rollback_had_led_them_back(remembered: World) -> None:
    remembered.step(repoint.handler)
    remembered.step(repoint_back.handler)
    remembered.step(repoint.handler)
    assert (remembered.secret(), remembered.connection()["host"]) == (NEW_URL, NEW_HOST)


def test_what_somebody_changed_since_it_was_remembered_is_not_overwritten(remembered: World) -> None:
    remembered.set_url(OLD_URL + "&application_name=coderd")
    with pytest.raises(errors.RequestRefused, match="Kubernetes Secret was changed by somebody else"):
        remembered.step(repoint.handler)
    assert remembered.connection()["host"] == OLD_HOST
    remembered.set_url(OLD_URL)
    held = {**remembered.connection(), "password": "rotated"}
    remembered.manager.put_secret_value(SecretId=CONNECTION, SecretString=json.dumps(held))
    with pytest.raises(errors.RequestRefused, match="connection secret was changed by somebody else"):
        remembered.step(repoint.handler)
    assert remembered.secret() == OLD_URL


def test_leading_back_restores_both_and_does_nothing_where_nothing_was_changed(remembered: World) -> None:
    assert remembered.step(repoint_back.handler)["changes"] == []
    remembered.step(repoint.handler)
    assert len(remembered.step(repoint_back.handler)["changes"]) == 2
    assert (remembered.secret(), remembered.connection()["host"]) == (OLD_URL, OLD_HOST)
    assert remembered.step(repoint_back.handler)["changes"] == []


def test_leading_back_ends_what_a_step_that_died_in_between_had_begun(remembered: World) -> None:
    remembered.door.refuses["PATCH", SECRETS] = 500
    with pytest.raises(errors.ServiceBusy):
        remembered.step(repoint.handler)
    remembered.door.refuses.clear()
    (change,) = remembered.step(repoint_back.handler)["changes"]
    assert change["resource"] == CONNECTION
    assert (remembered.secret(), remembered.connection()["host"]) == (OLD_URL, OLD_HOST)


def test_no_error_and_no_result_of_any_step_holds_a_password(
    remembered: World, caplog: pytest.LogCaptureFixture
) -> None:
    remembered.door.refuses["PATCH", SECRETS] = 422
    remembered.set_url(OLD_URL)
    with pytest.raises(errors.KubernetesUnavailable) as refused:
        remembered.step(repoint.handler)
    for text in (str(refused.value), caplog.text, json.dumps(remembered.state, default=str)):
        assert "of old" not in text
        assert "of%20old" not in text
