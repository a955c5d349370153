"""A seeded database, as tests ask it."""

from dataclasses import dataclass
from pathlib import Path

from day2.engine.seed import psql as door


@dataclass(frozen=True, slots=True)
class Database:
    """One database of the throwaway server."""

    dsn: str
    psql: Path

    def rows(self, sql: str) -> list[list[str]]:
        return [line.split("\t") for line in door.run(self.dsn, sql, psql=self.psql).splitlines()]

    def value(self, sql: str) -> str:
        return self.rows(sql)[0][0]

    def digests(self) -> dict[str, str]:
        """Every table's rows as one digest, whatever the order in which they lie."""
        tables = self.rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1;"
        )
        sql = "".join(
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" t;\n"  # noqa: S608
            for (name,) in tables
        )
        return {row[0]: row[1] for row in self.rows(sql)}
