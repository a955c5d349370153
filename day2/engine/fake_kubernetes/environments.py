"""The environment of a pod's container, out of the fake's Secrets, as the kubelet makes it when a container starts."""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from day2.engine.fake_kubernetes.requests import Object

Secrets = Callable[[str], Object | None]
"""The Secret of a name in the pod's namespace."""


class Unresolved(Exception):
    """The container cannot be created: CreateContainerConfigError, and why."""


def resolve(container: Object, *, secrets: Secrets, fields: Mapping[str, str]) -> dict[str, str]:
    """Every variable: `envFrom` in its order, then `env`, which wins. `fields` are those that a fieldRef may name.

    Raises:
        Unresolved: a Secret or a key of it is not there and not optional, or the source is one that the fake has not.
    """
    found: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        found |= dict(_all_of(source, secrets))
    for variable in container.get("env") or []:
        value = _one(variable, secrets, fields)
        if value is not None:
            found[variable["name"]] = value
    return found


def _all_of(source: Object, secrets: Secrets) -> Iterator[tuple[str, str]]:
    named = source.get("secretRef")
    if named is None:
        raise Unresolved("the fake takes envFrom.secretRef only")
    secret = _secret(named, secrets)
    for key in (secret or {}).get("data", {}):
        yield source.get("prefix", "") + key, _decoded(secret or {}, key)


def _one(variable: Object, secrets: Secrets, fields: Mapping[str, str]) -> str | None:
    match variable.get("valueFrom"):
        case None:
            return str(variable.get("value", ""))
        case {"secretKeyRef": named}:
            secret = _secret(named, secrets)
            if secret is None:
                return None
            if named["key"] in secret.get("data", {}):
                return _decoded(secret, named["key"])
            _refuse_unless_optional(named, f"couldn't find key {named['key']} in Secret {named['name']}")
            return None
        case {"fieldRef": {"fieldPath": path}} if path in fields:
            return fields[path]
        case _:
            raise Unresolved(f"the fake knows no such source of {variable['name']}")


def _secret(named: Mapping[str, Any], secrets: Secrets) -> Object | None:
    secret = secrets(named["name"])
    if secret is None:
        _refuse_unless_optional(named, f'secret "{named["name"]}" not found')
    return secret


def _refuse_unless_optional(named: Mapping[str, Any], why: str) -> None:
    if not named.get("optional"):
        raise Unresolved(why)


def _decoded(secret: Object, key: str) -> str:
    return base64.b64decode(secret["data"][key]).decode()
