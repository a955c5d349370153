"""Repoint: the connection secret and the Kubernetes Secret name the other database; what they held is kept."""

from typing import Any

from lambdas.adapters import secrets
from lambdas.adapters.secrets import ConnectionSecret
from lambdas.contracts import Credentials
from lambdas.errors import ServiceBusy
from lambdas.platform import connection_url
from lambdas.platform.cluster import Secret
from lambdas.platform.digests import digest
from lambdas.platform.place import Place
from lambdas.platform.repointing import LABEL, changed_meanwhile, kept_name, led_secret, version_id
from lambdas.restore_contracts import BeforePlatform, Change, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `before`, `credentials` (of the database to name); give `changes`, the same at a repeat."""
    restoration, before = call.take(Restoration, "restoration"), call.take(BeforePlatform, "before")
    to = call.take(Credentials, "credentials")
    place = Place(call.settings)
    place.led_by(restoration)
    held = secrets.door().connection(place.settings.connection_secret, version=before.secret_version)
    secret, _ = place.url(before.url)
    kept = _keep(place, restoration, before, secret)
    first = _lead_connection_secret(place, restoration, before, held, to)
    second = _lead_kubernetes_secret(before, held, to, place=place, secret=secret, kept=kept)
    return {"changes": [first, second]}


def _keep(place: Place, restoration: Restoration, before: BeforePlatform, secret: Secret) -> Secret:
    """The immutable Secret that holds the value from before, made at the first try."""
    name, key = kept_name(secret.name, restoration), before.url.key
    kept = place.api.secret(secret.namespace, name)
    if kept is None:
        _require(secret, before)
        labels = {LABEL: restoration.id}
        place.api.create_immutable_secret(secret.namespace, name, {key: secret.data[key]}, labels=labels)
        kept = place.api.secret(secret.namespace, name)
    if kept is None or digest(kept.data.get(key, "")) != before.kubernetes_digest:
        raise changed_meanwhile("What was kept of the Kubernetes Secret", resource=f"{secret.namespace}/{name}")
    return kept


def _lead_connection_secret(
    place: Place, restoration: Restoration, before: BeforePlatform, held: ConnectionSecret, to: Credentials
) -> Change:
    name, version = place.settings.connection_secret, version_id(restoration)
    if secrets.door().connection(name).version not in (before.secret_version, version):
        raise changed_meanwhile("The connection secret", resource=name)
    text = led_secret(held.text, host=to.host, port=to.port)
    secrets.door().put_version(name, text, version=version)
    return Change(
        what="host of the connection secret",
        resource=name,
        before=before.secret_digest,
        after=digest(text),
        kept_as=before.secret_version,
    )


def _lead_kubernetes_secret(  # noqa: PLR0913  the two ends and what lies between
    before: BeforePlatform, held: ConnectionSecret, to: Credentials, *, place: Place, secret: Secret, kept: Secret
) -> Change:
    key, resource = before.url.key, f"{secret.namespace}/{secret.name}[{before.url.key}]"
    url = connection_url.read(kept.data[key], resource=resource)
    led = connection_url.lead(url, host=to.host, port=to.port, user=held.user, password=held.password)
    if secret.data[key] != led:
        _require(secret, before)
        if not place.api.change_secret(secret, {key: led}):
            raise ServiceBusy(
                "The Kubernetes Secret changed while it was being written.",
                resource=resource,
                next_step="Nothing to do: the step is tried again.",
            )
    return Change(
        what="host in the connection URL of coderd",
        resource=resource,
        before=before.kubernetes_digest,
        after=digest(led),
        kept_as=f"{kept.namespace}/{kept.name}",
    )


def _require(secret: Secret, before: BeforePlatform) -> None:
    if digest(secret.data[before.url.key]) != before.kubernetes_digest:
        raise changed_meanwhile("The Kubernetes Secret", resource=f"{secret.namespace}/{secret.name}")
