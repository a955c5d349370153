"""The catalogue: one statement a check, with what it means, read from `catalogue/*.sql`.

A check is a block of `-- name: text` lines and one SELECT of one row: `value bigint, detail text` and, where it
can name what it found, `ids`, the first five of them. The names:

    check     the id, which never changes: reports and settings refer to it
    title     one line for the report
    severity  critical | warning | info
    requires  tables and columns, comma-separated; when one is absent the check is skipped, never failed
    expect    zero | positive | one | report, of `value`
    phase     drill (a copy to which no coderd is attached) | live | both
    note      why, or what to do (optional)
    control   a common table expression that plants what the check looks for (optional): every run sees it fail

A statement reads the recovery point as `current_setting('coder.as_of')::timestamptz`; it names no user, template,
workspace or organization, and returns no row of theirs: counts, ids, versions, digests.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Literal, cast, get_args

from lambdas.contracts import CheckResult, CheckVerdict, Severity
from lambdas.errors import VerificationFailed

Expectation = Literal["zero", "positive", "one", "report"]
Phase = Literal["drill", "live"]

WORDS: Mapping[str, str] = {"zero": "0", "positive": ">= 1", "one": "1", "report": "reported"}
CONTROL_PREFIX = "NC_"
SHOWN_IDS = 5

# Checks that are not statements of the catalogue, but of the database's own structure.
FOREIGN_KEYS = "FK01_no_orphans"
ROW_COUNTS = "CT01_row_counts"
PHYSICAL = "PH01_physical"
VERIFIER = "NC00_verifier_can_fail"
TITLES: Mapping[str, str] = {
    FOREIGN_KEYS: "Every foreign key's parent exists",
    ROW_COUNTS: "No table has shrunk since the last passed drill",
    PHYSICAL: "Pages and indexes are sound",
    VERIFIER: "The verifier sees the faults planted for it",
}
# Those that the settings may turn into a mere report.
STRUCTURAL = (FOREIGN_KEYS, ROW_COUNTS, PHYSICAL)

_NAMES = ("check", "title", "severity", "requires", "expect", "phase", "note", "control")
_LINE = re.compile(r"--\s*(\w+):\s*(.*)")


class CatalogueFault(ValueError):
    """A catalogue file does not follow its grammar: a bug of this repository, found by its tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the catalogue."""

    id: str
    title: str
    severity: Severity
    requires: tuple[str, ...]
    expect: Expectation
    phase: Literal["drill", "live", "both"]
    statement: str
    note: str = ""
    control: str = ""

    @property
    def digest(self) -> str:
        """What ran, in 16 hexadecimal digits."""
        return digest(self.statement)

    @property
    def planted(self) -> "Check":
        """The same check over data with a planted fault; it has to fail."""
        return replace(
            self,
            id=CONTROL_PREFIX + self.id,
            title=f"Planted fault: {self.title[0].lower()}{self.title[1:]}",
            statement=f"WITH {self.control}\n{self.statement}",
            control="",
        )

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it needs, and so probably reads."""
        return frozenset(name.split(".")[0] for name in self.requires if not name.startswith("pg_catalog."))


def digest(statement: str) -> str:
    """First 16 hexadecimal digits of a statement's SHA-256."""
    return sha256(statement.encode()).hexdigest()[:16]


@cache
def catalogue() -> tuple[Check, ...]:
    """Every check that this version knows, in the order of its files."""
    folder = resources.files("lambdas.verification") / "catalogue"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda each: each.name)
    checks = [check for each in files for check in parse(each.read_text(encoding="utf-8"), origin=each.name)]
    twice = {check.id for check in checks if sum(other.id == check.id for other in checks) > 1}
    if twice:
        raise CatalogueFault(f"used twice: {', '.join(sorted(twice))}")
    return tuple(checks)


def ids() -> frozenset[str]:
    """Every id that the settings may give another expectation."""
    return frozenset(check.id for check in catalogue()) | frozenset(STRUCTURAL)


def faults(expect: Mapping[str, str], *, path: str = "verification.expect.") -> list[str]:
    """What is wrong with expectations, each with the path of its setting or option."""
    return [f"{path}{name}: {fault}" for name, value in expect.items() if (fault := _fault(name, value))]


def _fault(name: str, value: str) -> str | None:
    if name not in ids():
        return "there is no such check"
    allowed = ("report",) if name in STRUCTURAL else tuple(WORDS)
    if value not in allowed:
        return f"{value!r} is none of {', '.join(allowed)}"
    if value != "report" and any(check.id == name and check.severity == "info" for check in catalogue()):
        return f"{value!r} would change nothing, for this check informs and is never judged; leave it out"
    return None


def parse(text: str, *, origin: str) -> list[Check]:
    """The checks of one file. Raises CatalogueFault."""
    blocks = re.split(r"^(?=-- check:)", text, flags=re.MULTILINE)[1:]
    return [_check(block, origin=origin) for block in blocks]


def chosen(phase: Phase, *, expect: Mapping[str, str]) -> tuple[Check, ...]:
    """The checks of a phase, with the expectations that the settings put in place of the catalogue's.

    Raises:
        VerificationFailed: the settings name a check or an expectation that does not exist.
    """
    problems = faults(expect)
    if problems:
        raise VerificationFailed(
            "; ".join(problems), resource="settings", next_step="Correct verification.expect, and start again."
        )
    return tuple(
        replace(check, expect=cast("Expectation", expect.get(check.id, check.expect)))
        for check in catalogue()
        if check.phase in (phase, "both")
    )


def controls(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The planted faults. Their expectation is the catalogue's own, whatever the settings say of the check."""
    own = {check.id: check for check in catalogue()}
    return tuple(own[check.id].planted for check in checks if check.control)


def verdict(value: int | None, *, expect: str, severity: Severity) -> CheckVerdict:
    """What a value means. A violated critical check fails, a violated warning warns, information is reported."""
    if expect == "report" or severity == "info":
        return "report"
    met = value is not None and {"zero": value == 0, "one": value == 1, "positive": value >= 1}[expect]
    if met:
        return "pass"
    return "fail" if severity == "critical" else "warn"


def broken(severity: Severity) -> CheckVerdict:
    """The verdict of a check that ended in an error: what could not be checked did not pass."""
    return "fail" if severity == "critical" else "warn"


def skipped(check: Check, *, absent: Iterable[str]) -> CheckResult:
    """The result of a check whose objects this database does not have."""
    return CheckResult(
        id=check.id,
        title=check.title,
        severity=check.severity,
        verdict="skip",
        value=None,
        expected=WORDS[check.expect],
        detail=f"not in this database: {', '.join(absent)}",
        seconds=0.0,
        digest=check.digest,
    )


def first_of(found: Iterable[str], *, total: int) -> str:
    """The first five and how many more: `a, b, c, d, e and 7 more`."""
    shown = list(found)[:SHOWN_IDS]
    more = total - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _check(block: str, *, origin: str) -> Check:
    head: dict[str, str] = {}
    body: list[str] = []
    for line in block.splitlines():
        named = _LINE.fullmatch(line.strip())
        if named and not body:
            name, told = named.groups()
            if name not in _NAMES or name in head:
                raise CatalogueFault(f"{origin}: {line!r} is unknown or stands twice")
            head[name] = told.strip()
        elif line.strip():
            body.append(line)
    missing = [name for name in _NAMES[:6] if name not in head]
    statement = "\n".join(body).strip().removesuffix(";")
    if missing or not statement.startswith("SELECT") or ";" in statement:
        raise CatalogueFault(f"{origin}: {head.get('check')} lacks {missing or 'one SELECT statement'}")
    if (
        head["severity"] not in get_args(Severity)
        or head["expect"] not in WORDS
        or head["phase"] not in ("drill", "live", "both")
    ):
        raise CatalogueFault(f"{origin}: {head['check']} has an unknown severity, expectation or phase")
    return Check(
        id=head["check"],
        title=head["title"],
        severity=cast("Severity", head["severity"]),
        requires=tuple(name.strip() for name in head["requires"].split(",") if name.strip()),
        expect=cast("Expectation", head["expect"]),
        phase=cast("Literal['drill', 'live', 'both']", head["phase"]),
        statement=statement,
        note=head.get("note", ""),
        control=head.get("control", ""),
    )
