"""Where a Deployment takes its connection URL from: found out from its pod template, never assumed."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NoReturn

from lambdas.errors import PlanRefused
from lambdas.platform.cluster import Container, Deployment
from lambdas.restore_contracts import UrlSource

VARIABLE = "CODER_PG_CONNECTION_URL"
_AUTHENTICATION = "CODER_PG_AUTH"
_ADDRESS = "CODER_HTTP_ADDRESS"
HTTP = 8080
"""Where coderd listens by its chart."""

Keys = Mapping[str, AbstractSet[str] | None]
"""The keys of each Secret that `wholes` names; None: there is no such Secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A container's source of the variable: a UrlSource, or why it is none that a restore can lead elsewhere."""

    source: UrlSource | None
    why_not: str = ""
    next_step: str = ""


def wholes(deployment: Deployment) -> tuple[str, ...]:
    """The Secrets that its containers take whole: their keys are variables, and have to be known."""
    named = (
        each.resource for container in deployment.containers for each in container.env_from if each.source == "secret"
    )
    return tuple(dict.fromkeys(named))


def find(deployment: Deployment, keys: Keys) -> UrlSource:
    """The Secret and its key that hold the connection URL of coderd.

    As the kubelet resolves it: a container's `env` goes before its `envFrom`, and of several the last one counts.

    Raises:
        PlanRefused: no container has the variable, or it does not come from a Secret, or from more than one.
    """
    resource = f"{deployment.namespace}/{deployment.name}"
    containers = sorted(deployment.containers, key=lambda each: not _is_coder(each))
    found = [each for container in containers if (each := _in(container, keys)) is not None]
    if not found:
        _refuse(
            f"No container of it has {VARIABLE}.",
            resource,
            f"Give it {VARIABLE} from a Secret, by secretKeyRef or envFrom: an argument cannot be led elsewhere.",
        )
    for each in found:
        if each.source is None:
            _refuse(each.why_not, resource, each.next_step)
    sources = [each.source for each in found if each.source is not None]
    if len({(each.secret, each.key) for each in sources}) > 1:
        _refuse(
            f"Several containers have {VARIABLE}, and from different places: "
            + ", ".join(f"{each.container} from {each.secret}[{each.key}]" for each in sources),
            resource,
            "Let all of them name the same Secret and key, or only coderd's container have it.",
        )
    return sources[0]


def by_iam(deployment: Deployment) -> bool:
    """Whether coderd signs in to its database by IAM: its URL then has no password."""
    variables = {each.name: each.value for container in deployment.containers for each in container.env}
    return variables.get(_AUTHENTICATION) == "awsiamrds"


def http_port(container: Container) -> int:
    """Where coderd listens in its pod: the port named http, else its address variable, else Coder's default."""
    for name, number in container.ports:
        if name == "http":
            return number
    for each in container.env:
        number_told = each.value.rpartition(":")[2]
        if each.name == _ADDRESS and number_told.isdigit():
            return int(number_told)
    return HTTP


def container_of(deployment: Deployment) -> str:
    """The name of coderd's container: the one that is called or imaged so, else the first, as the chart has it."""
    found = [each.name for each in deployment.containers if _is_coder(each)] or [
        each.name for each in deployment.containers
    ]
    return found[0] if found else ""


def _is_coder(container: Container) -> bool:
    image = container.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return container.name == "coder" or "coder" in image


def _in(container: Container, keys: Keys) -> _Found | None:
    variables = [each for each in container.env if each.name == VARIABLE]
    if not variables:
        return next(_whole(container, keys), None)
    variable, place = variables[-1], f"{VARIABLE} of the container {container.name}"
    match variable.source:
        case "secret":
            source = UrlSource(container=container.name, secret=variable.resource, key=variable.key, by="secretKeyRef")
            return _Found(source=source)
        case "value":
            return _Found(
                source=None,
                why_not=f"{place} is a plain value, which everybody reads who may read the Deployment.",
                next_step="Move it into a Secret, name that by secretKeyRef, and start again.",
            )
        case "config-map":
            return _Found(
                source=None,
                why_not=f"{place} comes from the ConfigMap {variable.resource}.",
                next_step="Move it into a Secret, name that by secretKeyRef, and start again.",
            )
        case _:
            return _Found(
                source=None,
                why_not=f"{place} comes from neither a Secret nor a value.",
                next_step="Name a Secret by secretKeyRef, and start again.",
            )


def _whole(container: Container, keys: Keys) -> Iterator[_Found]:
    for each in reversed(container.env_from):
        if each.source != "secret" or not VARIABLE.startswith(each.prefix):
            continue
        key = VARIABLE.removeprefix(each.prefix)
        if key in (keys.get(each.resource) or ()):
            yield _Found(source=UrlSource(container=container.name, secret=each.resource, key=key, by="envFrom"))


def _refuse(what: str, resource: str, next_step: str) -> NoReturn:
    raise PlanRefused(what, resource=resource, next_step=next_step)
