"""Changes that an API server refuses, whatever the object."""

from http import HTTPStatus

from day2.engine.fake_kubernetes.requests import Object, Refusal, Request


def refuse_immutable(request: Request, present: Object, fresh: Object) -> None:
    """A Secret that is immutable keeps its data and stays so; its metadata may change."""
    if not present.get("immutable"):
        return
    changed = [name for name in ("data", "immutable") if fresh.get(name) != present.get(name)]
    if changed or fresh.get("stringData"):
        why = f"{(changed or ['data'])[0]}: Forbidden: field is immutable when `immutable` is set"
        message = f'{request.kind.kind} "{request.name}" is invalid: {why}'
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message)


def refuse_stale(request: Request, present: Object) -> None:
    """Optimistic locking: a change that names a resourceVersion names the present one."""
    named = (request.body.get("metadata") or {}).get("resourceVersion")
    if named and named != present["metadata"]["resourceVersion"]:
        message = (
            f'Operation cannot be fulfilled on {request.kind.plural} "{request.name}": the object has been modified'
        )
        raise Refusal(HTTPStatus.CONFLICT, "Conflict", message)
