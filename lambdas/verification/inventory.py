"""Reads what a database holds: versions, tables, foreign keys and relations with their sizes, in a few round trips."""

from collections.abc import Iterable

from lambdas.adapters.postgres import Refusal, Session
from lambdas.verification.structure import Amcheck, ForeignKey, Inventory, Relation, Table, literal

_DOING = "reading what the database holds"
_STATEMENT_SECONDS = 30

_FACTS = """
SELECT now(), pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> {own}),
       to_regclass('public.schema_migrations') IS NOT NULL, to_regclass('public.dbcrypt_keys') IS NOT NULL,
       EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck')
"""

# verify_heapam came with PostgreSQL 14; execution is a superuser's alone unless granted.
_AMCHECK = """
SELECT quote_ident(n.nspname),
       (SELECT count(*) FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proname = 'verify_heapam') > 0,
       (SELECT coalesce(bool_and(has_function_privilege(p.oid, 'EXECUTE')), false) FROM pg_proc p
        WHERE p.pronamespace = n.oid AND p.proname IN ('verify_heapam', 'bt_index_check'))
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'
"""

# Required objects are `table`, `table.column` or `pg_catalog.table.column`.
_ABSENT = """
WITH public AS (SELECT oid, relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')),
     present AS (SELECT relname::text AS name FROM public
                 UNION ALL SELECT p.relname || '.' || a.attname FROM public p
                 JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum > 0 AND NOT a.attisdropped
                 UNION ALL SELECT 'pg_catalog.pg_database.' || attname FROM pg_attribute
                 WHERE attrelid = 'pg_catalog.pg_database'::regclass AND attnum > 0)
SELECT required FROM unnest(ARRAY[{required}]::text[]) AS required
WHERE required NOT IN (SELECT name FROM present)
"""

_TABLES = """
SELECT quote_ident(c.relname), coalesce(held.bytes, pg_relation_size(c.oid)),
       coalesce(held.rows, greatest(c.reltuples, 0))::bigint, coalesce(held.unlogged, c.relpersistence = 'u'),
       c.relkind = 'p', CASE WHEN c.relispartition THEN coalesce(quote_ident(root.relname), '') ELSE '' END
FROM pg_class c
LEFT JOIN pg_class root ON root.oid = pg_partition_root(c.oid) AND root.relnamespace = c.relnamespace
LEFT JOIN LATERAL (
    SELECT sum(pg_relation_size(leaf.oid))::bigint AS bytes, sum(greatest(leaf.reltuples, 0)) AS rows,
           bool_or(leaf.relpersistence = 'u') AS unlogged
    FROM pg_partition_tree(c.oid) t JOIN pg_class leaf ON leaf.oid = t.relid AND leaf.relkind = 'r'
) held ON c.relkind = 'p'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
ORDER BY c.relname
"""

# Of a partitioned table's key, those that its partitions inherited are read. A key to a partitioned table has one entry
# more for each partition there, which is no key: a row in one partition would be an orphan of all others.

_FOREIGN_KEYS = """
SELECT quote_ident(f.conname), quote_ident(c.relname), quote_ident(p.relname),
       array_agg(quote_ident(ca.attname) ORDER BY u.n), array_agg(quote_ident(pa.attname) ORDER BY u.n),
       array_agg(format_type(ca.atttypid, NULL) ORDER BY u.n),
       c.relpersistence = 'u' OR p.relpersistence = 'u' OR EXISTS (
           SELECT FROM pg_partition_tree(p.oid) t JOIN pg_class leaf ON leaf.oid = t.relid
           WHERE p.relkind = 'p' AND leaf.relpersistence = 'u')
FROM pg_constraint f
LEFT JOIN pg_constraint above ON above.oid = f.conparentid
JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid
CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS u(child, parent, n)
JOIN pg_attribute ca ON ca.attrelid = f.conrelid AND ca.attnum = u.child
JOIN pg_attribute pa ON pa.attrelid = f.confrelid AND pa.attnum = u.parent
WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND p.relnamespace = 'public'::regnamespace
  AND c.relkind = 'r' AND above.conrelid IS DISTINCT FROM f.conrelid
GROUP BY f.oid, c.oid, p.oid, f.conname, c.relname, p.relname, c.relpersistence, p.relpersistence, p.relkind
ORDER BY c.relname, f.conname
"""

# The relations that pg_amcheck examines by default: every heap with its toast, every valid B-tree.
_RELATIONS = """
SELECT format('%I.%I', n.nspname, c.relname), c.relkind = 'i', pg_relation_size(c.oid),
       CASE WHEN i.indrelid IS NULL THEN pg_relation_size(c.oid) ELSE pg_relation_size(i.indrelid) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am a ON a.oid = c.relam LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relpersistence <> 't'
  AND ((c.relkind IN ('r', 'm', 't') AND a.amname = 'heap')
    OR (c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready))
ORDER BY c.oid
"""


def take(session: Session, *, required: Iterable[str], own: str) -> Inventory:
    """Everything that a plan needs. `own` is the application name of the verifier's sessions.

    Raises:
        VerificationFailed: a statement was refused or the connection lost.
    """
    facts = session.rows(_FACTS.format(own=literal(own)), doing=_DOING)[0]
    read_at, size, others, migrated, encrypted, available = facts
    wanted = ", ".join(literal(name) for name in sorted(set(required)))
    absent = frozenset(str(row[0]) for row in session.rows(_ABSENT.format(required=wanted), doing=_DOING))
    schema, state = amcheck(session)
    return Inventory(
        read_at=read_at,
        server_version=session.version_text,
        database_bytes=size,
        other_sessions=others,
        schema_version=_schema_version(session) if migrated else None,
        encryption_keys=_encryption_keys(session) if encrypted else (),
        amcheck="unavailable" if state == "absent" and not available else state,
        absent=absent,
        tables=tables(session),
        foreign_keys=foreign_keys(session),
        relations=relations(session) if schema else (),
        amcheck_schema=schema or "public",
    )


def amcheck(session: Session) -> tuple[str | None, Amcheck]:
    """The schema that holds amcheck's functions, None where they cannot be used, and why they cannot."""
    found = session.rows(_AMCHECK, doing=_DOING)
    if not found:
        return None, "absent"
    schema, complete, allowed = found[0]
    if not complete:
        return None, "too old"
    return (str(schema), "present") if allowed else (None, "forbidden")


def tables(session: Session) -> tuple[Table, ...]:
    """Every table of schema public, the partitioned and their partitions both."""
    return tuple(
        Table(name=name, bytes=size, rows=rows, unlogged=unlogged, partitioned=partitioned, root=root)
        for name, size, rows, unlogged, partitioned, root in session.rows(_TABLES, doing=_DOING)
    )


def foreign_keys(session: Session) -> tuple[ForeignKey, ...]:
    """Every foreign key of schema public, of partitions for those of the partitioned."""
    return tuple(
        ForeignKey(
            name=name,
            child=child,
            parent=parent,
            child_columns=tuple(mine),
            parent_columns=tuple(theirs),
            types=tuple(types),
            unlogged=unlogged,
        )
        for name, child, parent, mine, theirs, types, unlogged in session.rows(_FOREIGN_KEYS, doing=_DOING)
    )


def relations(session: Session) -> tuple[Relation, ...]:
    """Every relation that amcheck can look at, the system's among them."""
    return tuple(
        Relation(name=name, kind="index" if index else "heap", bytes=size, heap_bytes=heap)
        for name, index, size, heap in session.rows(_RELATIONS, doing=_DOING)
    )


def _schema_version(session: Session) -> int | None:
    """None too where the table is another program's, or closed to this user: a check says so."""
    found = session.attempt(
        "SELECT max(version)::bigint FROM public.schema_migrations", doing=_DOING, seconds=_STATEMENT_SECONDS
    )
    return None if isinstance(found, Refusal) or found[0][0] is None else int(found[0][0])


def _encryption_keys(session: Session) -> tuple[str, ...]:
    found = session.attempt(
        "SELECT active_key_digest FROM public.dbcrypt_keys WHERE active_key_digest IS NOT NULL ORDER BY 1",
        doing=_DOING,
        seconds=_STATEMENT_SECONDS,
    )
    return () if isinstance(found, Refusal) else tuple(str(row[0]) for row in found)
