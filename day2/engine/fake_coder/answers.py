"""What the answers of the API have in common: refusals, pages, documents."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

HIDDEN = "Resource not found or you do not have access to this resource"

Query = Mapping[str, str]


class Refused(Exception):
    """An answer other than 200, with its message."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.status = status
        super().__init__(message)


def page(found: list[Any], query: Query) -> list[Any]:
    """`limit` and `offset` of a list; a limit of 0 or none gives all."""
    try:
        limit, offset = int(query.get("limit") or 0), int(query.get("offset") or 0)
    except ValueError:
        limit, offset = -1, 0
    if limit < 0 or offset < 0:
        raise Refused(HTTPStatus.BAD_REQUEST, "Query parameters have invalid values.")
    return found[offset : offset + limit] if limit else found[offset:]


def documents(names: tuple[str, ...], found: list[Any]) -> list[dict[str, Any]]:
    """Rows as objects."""
    return [dict(zip(names, each, strict=True)) for each in found]
