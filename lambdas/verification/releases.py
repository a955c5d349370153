"""Which Coder release a schema belongs to, by its newest migration.

Newest migration of each release, read from coder/coder's tags (`coderd/database/migrations`), November 2026. Patch
releases may add migrations, so a number is read as "at least".
"""

NEWEST_MIGRATION: tuple[tuple[str, int], ...] = (
    ("2.10", 205),
    ("2.14", 237),
    ("2.18", 277),
    ("2.20", 296),
    ("2.22", 326),
    ("2.24", 343),
    ("2.26", 362),
    ("2.27", 376),
    ("2.28", 393),
    ("2.29", 401),
    ("2.30", 412),
    ("2.31", 412),
    ("2.32", 462),
    ("2.33", 483),
    ("2.34", 509),
)


def release_of(migration: int | None) -> str:
    """The release in words: `2.29`, `2.30 or 2.31`, `after 2.26, before 2.27 ...`; coderd must not be older."""
    if migration is None:
        return "unknown: the database has no schema_migrations"
    exact = [release for release, newest in NEWEST_MIGRATION if newest == migration]
    if exact:
        return " or ".join(exact)
    older = [release for release, newest in NEWEST_MIGRATION if newest < migration]
    newer = [release for release, newest in NEWEST_MIGRATION if newest > migration]
    if not older:
        return f"before {newer[0]}"
    if not newer:
        return f"after {older[-1]}, newer than this table of releases"
    return f"{older[-1]} with a patch, or between {older[-1]} and {newer[0]}"
