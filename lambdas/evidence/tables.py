"""The checks by area, and the rows by table, in the order in which a reader looks for what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]

AREAS = {
    "A": "Engine and schema",
    "B": "Users, organizations and groups",
    "C": "Templates",
    "D": "Workspaces and builds",
    "E": "Provisioning",
    "F": "Secrets, licences and configuration",
    "G": "Audit log",
    "CT": "Row counts",
    "FK": "Foreign keys",
    "PH": "Pages and indexes",
    "NC": "The verifier itself",
}
OTHER = "Other checks"
_WORST_FIRST = ("fail", "warn", "skip", "pass", "report")
KEY_TABLES = ("users", "templates", "workspaces", "groups")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Checks that belong together, the worst first."""

    title: str
    worst: str
    tally: str
    checks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Rows of a table, and what became of them since the baseline; None where one of the two is not known."""

    table: str
    rows: int | None
    before: int | None
    change: int | None
    percent: float | None


def areas(checks: Sequence[Mapping[str, Any]]) -> tuple[Area, ...]:
    """The checks by area: areas with failures first, then with warnings, then in the catalogue's order."""
    titles = [*AREAS.values(), OTHER]
    by_title: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        by_title.setdefault(area_of(check["id"]), []).append(check)
    made = [_area(title, found) for title, found in by_title.items()]
    return tuple(sorted(made, key=lambda each: (min(_rank(each.worst), 2), titles.index(each.title))))


def area_of(check: str) -> str:
    """`D06_running_without_terraform_state` -> `Workspaces and builds`; the letters before the number decide."""
    letters = check[: next((index for index, letter in enumerate(check) if not letter.isupper()), len(check))]
    return AREAS.get(letters, OTHER)


def _area(title: str, checks: list[Mapping[str, Any]]) -> Area:
    ordered = sorted(checks, key=lambda each: (_rank(each["verdict"]), _severity(each), each["id"]))
    words = {"fail": "failed", "warn": "warned", "pass": "passed", "skip": "skipped", "report": "reported"}
    told = [
        f"{sum(each['verdict'] == verdict for each in checks)} {word}"
        for verdict, word in words.items()
        if any(each["verdict"] == verdict for each in checks)
    ]
    return Area(title=title, worst=ordered[0]["verdict"], tally=", ".join(told), checks=tuple(ordered))


def _rank(verdict: str) -> int:
    return _WORST_FIRST.index(verdict)


def _severity(check: Mapping[str, Any]) -> int:
    return ("critical", "warning", "info").index(check["severity"])


def counts(record: Record) -> dict[str, Count]:
    """Every table that was counted now or before, by its name."""
    now = record["counts"] or {}
    before = (record["baseline"] or {}).get("counts") or {}
    return {table: _count(table, now.get(table), before.get(table)) for table in sorted({*now, *before})}


def _count(table: str, rows: int | None, before: int | None) -> Count:
    if rows is None or before is None:
        return Count(table=table, rows=rows, before=before, change=None, percent=None)
    change = rows - before
    return Count(
        table=table, rows=rows, before=before, change=change, percent=100 * change / before if before else None
    )


def shrunk_first(count: Count) -> tuple[bool, float, int, str]:
    """Sorts missing and shrunk tables before the others, which go by size."""
    shrunk = count.rows is None or (count.change is not None and count.change < 0)
    lost = (count.percent if count.percent is not None else -100.0) if shrunk else 0.0
    return (not shrunk, lost, -(count.rows or 0), count.table)
