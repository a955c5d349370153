"""The verification as one SQL script, for psql: by hand when nothing else is at hand, and for comparing speed.

It runs the statements that `runner.verify` runs, one after the other on one connection, read-only. No I/O.
"""

from collections.abc import Iterable
from datetime import datetime

from lambdas import payload
from lambdas.adapters.postgres import Session
from lambdas.verification import checks, inventory, structure
from lambdas.verification.checks import Phase


def sql(session: Session, *, as_of: datetime, phase: Phase = "drill") -> str:
    """The script for the database of `session`, whose tables and foreign keys it names."""
    chosen = checks.chosen(phase, expect={})
    required = {name for check in chosen for name in check.requires}
    held = inventory.take(session, required=required, own="")
    runnable = [check for check in chosen if not held.absent.intersection(check.requires)]
    keys = [key for key in held.foreign_keys if not key.unlogged]
    statements = [
        *(check.statement for check in (*runnable, *checks.controls(runnable))),
        *(
            structure.orphans([key for key in keys if key.child == child])
            for child in sorted({key.child for key in keys})
        ),
        structure.counting(table.name for table in held.counted),
    ]
    return _script(statements, as_of=as_of)


def _script(statements: Iterable[str], *, as_of: datetime) -> str:
    opening = (
        "SET search_path = public",
        f"SET coder.as_of = {structure.literal(payload.instant(as_of))}",
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    )
    return "".join(f"{statement};\n" for statement in (*opening, *statements, "COMMIT"))
