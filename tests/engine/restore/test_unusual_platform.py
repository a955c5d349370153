"""coderd takes its whole environment from a Secret, and the recovery point knows an older master password."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_urlsafe

from restore_stage import Stage
from restored_platform import House

from day2.engine import coder

SECRET = "coder-environment"


def change_password(house: House) -> None:
    """The master user gets another password, and the connection secret knows it."""
    password, cluster = token_urlsafe(24), house.source
    house.client("rds").modify_db_cluster(
        DBClusterIdentifier=cluster, MasterUserPassword=password, ApplyImmediately=True
    )
    house.put_connection(password=password)
    house.eventually(lambda: house.signs_in(cluster))


@contextmanager
def taken_by_env_from(house: House) -> Iterator[None]:
    """The Deployment takes all of another Secret as its environment, in the block."""
    usual = dict(house.secret)
    house.put_secret({"name": SECRET, "key": coder.URL_VARIABLE})
    before = house.container()
    env = [each for each in before["env"] if each["name"] != coder.URL_VARIABLE]
    house.roll_out({**before, "env": env, "envFrom": [{"secretRef": {"name": SECRET}}]})
    try:
        yield
    finally:
        house.put_secret(usual)
        house.roll_out({**before, "envFrom": []})


def test_its_secret_is_led_elsewhere_and_the_restored_cluster_gets_todays_password(stage: Stage) -> None:
    house = stage.house
    house.come_home()
    point, before = house.snapshot("with-an-older-password"), house.platform.look()
    change_password(house)
    with taken_by_env_from(house):
        assert set(house.sight().serving) == {stage.source}
        arn = stage.start(recovery_point=point, strategy="repoint", cut_over="automatic", reason="an unusual platform")
        restored, sight, now = stage.ended(arn), house.sight(), house.platform.look()

    target = restored.summary.target
    assert (restored.end, restored.summary.outcome) == ("PlatformRestored", "kept")
    assert restored.record["platform"]["url"] == {
        "by": "envFrom",
        "container": "coder",
        "key": coder.URL_VARIABLE,
        "secret": SECRET,
    }
    assert (sight.serving, sight.named) == ({target: 6}, (target, target))
    assert (stage.source in sight.fenced, target in sight.open) == (True, True)
    assert {"SetMasterPassword", "AwaitPassword", "ConfirmLogin"} <= {each.name for each in restored.seen.states}
    assert now == before
