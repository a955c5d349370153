"""The master user's password: set by the caller, or made, kept and shown as a secret by RDS itself."""

import secrets
from functools import partial

from day2.engine.aurora import faults, phases, stores
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.aurora.phases import Action
from day2.engine.aurora.records import Aurora, Cluster
from day2.engine.aurora.wire import Request

RESETTING = "resetting-master-credentials"
_SHORTEST_PASSWORD = 8


def new_password() -> str:
    """A password of the characters that RDS allows."""
    return secrets.token_urlsafe(24)


def keep(aurora: Aurora, cluster: Cluster, password: str, *, key: str | None, work: Action) -> None:
    """Make the managed secret, which becomes `active` when `work` has made its password true.

    It holds user name and password only and is tagged with its cluster, as RDS does.
    """
    arn = cluster.shown["DBClusterArn"]
    tags = [
        {"Key": "aws:rds:primaryDBClusterArn", "Value": arn},
        {"Key": "aws:secretsmanager:owningService", "Value": "rds"},
    ]
    secret = stores.new_managed_secret(
        _content(cluster, password),
        description=f"Secret associated with primary RDS DB cluster: {arn}",
        tags=tags,
        key=key,
    )
    cluster.shown["MasterUserSecret"] = {"SecretArn": secret, "SecretStatus": "creating", "KmsKeyId": key}
    _begin(aurora, cluster, work)


def modify(aurora: Aurora, cluster: Cluster, request: Request) -> None:
    """What ModifyDBCluster asks of the password, begun in the background; nothing where it asks nothing."""
    password, manage = request.get("MasterUserPassword"), request.get("ManageMasterUserPassword")
    secret = cluster.shown.get("MasterUserSecret")
    _check(password, manage=manage, managed=secret is not None)
    rotate = bool(request.get("RotateMasterUserPassword"))
    if not (password or (rotate and secret) or (manage and not secret)):
        return
    chosen = password or new_password()
    cluster.shown["Status"] = RESETTING
    work = partial(cluster.volume.set_password, cluster.shown["MasterUsername"], chosen)
    if manage and not secret:
        keep(aurora, cluster, chosen, key=request.get("MasterUserSecretKmsKeyId"), work=work)
        return
    if secret and rotate:
        secret["SecretStatus"] = "rotating"
        stores.set_secret(secret["SecretArn"], _content(cluster, chosen))
    elif secret:
        stores.delete_secret(cluster.shown.pop("MasterUserSecret")["SecretArn"])
    _begin(aurora, cluster, work)


def _check(password: str | None, *, manage: bool | None, managed: bool) -> None:
    if manage and password:
        raise faults.combination("You can't specify MasterUserPassword when you specify ManageMasterUserPassword.")
    if manage is False and not password:
        raise faults.combination("Specify MasterUserPassword when you turn off ManageMasterUserPassword.")
    if password and managed and manage is None:
        raise faults.combination("You can't specify MasterUserPassword: RDS manages the master user's password.")
    if password and len(password) < _SHORTEST_PASSWORD:
        raise faults.value("The parameter MasterUserPassword is not a valid password: it has fewer than 8 characters.")


def _content(cluster: Cluster, password: str) -> dict[str, str]:
    return {"username": cluster.shown["MasterUsername"], "password": password}


def _begin(aurora: Aurora, cluster: Cluster, work: Action) -> None:
    phases.begin(
        f"password of {cluster.id}",
        seconds=aurora.phases.credentials_rotating,
        work=work,
        done=lambda failure: _end(aurora, cluster, "impaired" if failure else "active"),
        held=lambda: aurora.disturbances.lasts(Disturbance.CREDENTIALS_HANG),
    )


def _end(aurora: Aurora, cluster: Cluster, secret_status: str) -> None:
    with aurora.lock:
        if secret := cluster.shown.get("MasterUserSecret"):
            secret["SecretStatus"] = secret_status
        if cluster.status == RESETTING:
            cluster.shown["Status"] = "available"
