"""Production goes on after a recovery point, so that a copy of that point can be told from what is live."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from day2.engine.seed import psql as door
from day2.engine.seed.load import COUNTS, read_counts

_SCRIPT = Path(__file__).with_name("live.sql")
# A small office's quarter of an hour; each is at most what the seed offers.
_PACE = {"workspaces": 6, "stops": 8, "deletions": 2, "logins": 12}
_CLOCK = "SELECT to_json(clock_timestamp())#>>'{}';\n"
_NEWEST = """\
SELECT id, to_json("time")#>>'{}' FROM audit_logs ORDER BY "time" DESC, id LIMIT 1;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """One row of `table` by its id. `time` is what the row says of itself."""

    table: str
    id: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFacts:
    """What went on.

    before, after  rows that were there before, and only since: a copy of the time between holds the first alone
    began_at, ended_at  the server's clock around the change, for a point in time before or after it
    added          rows more than before, by table
    """

    as_of: datetime
    before: Marker
    after: Marker
    began_at: datetime
    ended_at: datetime
    added: Mapping[str, int]


def live_on(dsn: str, *, psql: Path, as_of: datetime) -> LiveFacts:
    """Lets a seeded production go on until `as_of`: workspaces made, stopped and deleted, sign-ins, heartbeats.

    The same database and `as_of` change alike; call it again with a later one to go on further. All of it is one
    transaction. Raises SeedFailed when the database refuses it, ValueError for a naive `as_of`.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of needs its time zone: production goes on until an instant")
    variables = {"as_of": as_of.isoformat(), **_PACE}
    first = door.run(dsn, _CLOCK + _NEWEST + COUNTS, psql=psql).splitlines()
    door.run(dsn, _SCRIPT.read_text(encoding="utf-8"), psql=psql, variables=variables)
    last = door.run(dsn, _CLOCK + _NEWEST + COUNTS, psql=psql).splitlines()
    before, after = read_counts(first[2:]), read_counts(last[2:])
    return LiveFacts(
        as_of=as_of,
        before=_marker(first[1]),
        after=_marker(last[1]),
        began_at=datetime.fromisoformat(first[0]),
        ended_at=datetime.fromisoformat(last[0]),
        added={table: after[table] - rows for table, rows in before.items() if after[table] != rows},
    )


def _marker(line: str) -> Marker:
    identity, time = line.split("\t")
    return Marker(table="audit_logs", id=identity, time=datetime.fromisoformat(time))
