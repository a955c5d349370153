"""RepointBack: both secrets hold again what they held before the cut-over. What holds it already is left alone."""

from typing import Any

from lambdas.adapters import secrets
from lambdas.errors import ServiceBusy
from lambdas.platform.digests import digest
from lambdas.platform.place import Place
from lambdas.platform.repointing import changed_meanwhile, kept_name
from lambdas.restore_contracts import BeforePlatform, Change, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `before`; give `changes`, none where nothing had been changed.

    The Kubernetes Secret comes first: it shows whether another restore has led the platform elsewhere since, as where
    this one was stopped, and redriven after that; then neither is touched.
    """
    restoration, before = call.take(Restoration, "restoration"), call.take(BeforePlatform, "before")
    place = Place(call.settings)
    place.led_by(restoration)
    second = _kubernetes_secret(place, restoration, before)
    first = _connection_secret(place, before)
    return {"changes": [each for each in (first, second) if each is not None]}


def _connection_secret(place: Place, before: BeforePlatform) -> Change | None:
    name = place.settings.connection_secret
    present = secrets.door().connection(name)
    if present.version == before.secret_version or digest(present.text) == before.secret_digest:
        return None
    secrets.door().make_current(name, before.secret_version)
    return Change(
        what="host of the connection secret",
        resource=name,
        before=digest(present.text),
        after=before.secret_digest,
        kept_as=present.version,
    )


def _kubernetes_secret(place: Place, restoration: Restoration, before: BeforePlatform) -> Change | None:
    secret, _ = place.url(before.url)
    key, resource = before.url.key, f"{secret.namespace}/{secret.name}[{before.url.key}]"
    present = digest(secret.data[key])
    if present == before.kubernetes_digest:
        return None
    kept = place.api.secret(secret.namespace, kept_name(secret.name, restoration))
    if kept is None or digest(kept.data.get(key, "")) != before.kubernetes_digest:
        raise changed_meanwhile("The Kubernetes Secret", resource=resource)
    if not place.api.change_secret(secret, {key: kept.data[key]}):
        raise ServiceBusy(
            "The Kubernetes Secret changed while it was being written.",
            resource=resource,
            next_step="Nothing to do: the step is tried again.",
        )
    return Change(
        what="host in the connection URL of coderd",
        resource=resource,
        before=present,
        after=before.kubernetes_digest,
    )
