-- The engine, the schema and how fresh the data is.

-- check: A01_schema_migrations_clean
-- title: The last schema migration ended cleanly
-- severity: critical
-- requires: schema_migrations.version, schema_migrations.dirty
-- expect: one
-- phase: both
-- note: coderd keeps exactly one row, dirty = false; it refuses to start on any other.
-- control: schema_migrations AS (SELECT version, true AS dirty FROM public.schema_migrations)
SELECT (CASE WHEN count(*) = 1 AND NOT bool_or(dirty) THEN 1 ELSE 0 END)::bigint AS value,
       format('rows=%s version=%s dirty=%s', count(*), max(version), bool_or(dirty)) AS detail
FROM schema_migrations;

-- check: A02_schema_version
-- title: Newest schema migration
-- severity: info
-- requires: schema_migrations.version
-- expect: report
-- phase: both
-- note: a coderd older than this refuses to start; a newer one migrates forward and cannot go back.
SELECT max(version)::bigint AS value, 'newest migration' AS detail FROM schema_migrations;

-- check: A03_not_coder_v1
-- title: Not a database of Coder v1
-- severity: critical
-- requires:
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'tables named migration_cursor, which Coder v2 refuses' AS detail
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = 'migration_cursor';

-- check: A04_core_tables_present
-- title: Every core table is present
-- severity: critical
-- requires:
-- expect: zero
-- phase: both
-- note: these exist in every release from 2.0 to 2.34.
SELECT count(*)::bigint AS value, 'core tables missing' AS detail, (array_agg(t ORDER BY t))[1:5] AS ids
FROM unnest(ARRAY['users', 'organizations', 'organization_members', 'groups', 'group_members', 'templates',
  'template_versions', 'workspaces', 'workspace_builds', 'provisioner_jobs', 'provisioner_daemons',
  'provisioner_job_logs', 'api_keys', 'user_links', 'licenses', 'site_configs', 'gitsshkeys', 'audit_logs', 'files',
  'workspace_resources', 'workspace_agents', 'workspace_apps', 'workspace_proxies', 'replicas',
  'schema_migrations']) AS t
WHERE NOT EXISTS (SELECT 1 FROM pg_class c
                  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = t);

-- check: A05_invalid_indexes
-- title: Every index is valid and ready
-- severity: critical
-- requires:
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'indexes that are not valid' AS detail,
       (array_agg(c.relname::text ORDER BY c.relname))[1:5] AS ids
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT (i.indisvalid AND i.indisready AND i.indislive);

-- check: A06_unvalidated_constraints
-- title: Every constraint is validated
-- severity: warning
-- requires:
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'constraints that are not validated' AS detail,
       (array_agg(conname::text ORDER BY conname))[1:5] AS ids
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND NOT convalidated;

-- check: A07_disabled_triggers
-- title: Every trigger fires
-- severity: critical
-- requires:
-- expect: zero
-- phase: both
-- note: D is disabled; R fires in a replica's session only, so in coderd's it does not.
SELECT count(*)::bigint AS value, 'triggers that do not fire, those of foreign keys among them' AS detail,
       (array_agg(t.tgname::text ORDER BY t.tgname))[1:5] AS ids
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled NOT IN ('O', 'A');

-- check: A08_collation_version_mismatch
-- title: The collation is the one the text indexes were built with
-- severity: warning
-- requires: pg_catalog.pg_database.datcollversion
-- expect: zero
-- phase: both
-- note: PostgreSQL 15 and newer; another libc or ICU under the copy silently breaks lower(email) and lower(name).
SELECT count(*)::bigint AS value,
       format('recorded=%s actual=%s', coalesce(max(datcollversion), '-'),
              coalesce(max(pg_database_collation_actual_version(oid)), '-')) AS detail
FROM pg_database
WHERE datname = current_database() AND datcollversion IS NOT NULL
  AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid);

-- check: A09_fk_count
-- title: Foreign keys in the schema
-- severity: info
-- requires:
-- expect: report
-- phase: both
-- note: 54 in 2.10, 98 in 2.29, 142 in 2.34.
SELECT count(*)::bigint AS value, 'foreign keys in schema public' AS detail
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype = 'f';

-- check: A10_unlogged_tables
-- title: Unlogged tables, empty after crash recovery
-- severity: info
-- requires:
-- expect: report
-- phase: both
-- note: left out of every comparison; a reader endpoint refuses to read them.
SELECT count(*)::bigint AS value, 'unlogged tables, left out of counts and foreign keys' AS detail,
       (array_agg(relname::text ORDER BY relname))[1:5] AS ids
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relpersistence = 'u';

-- check: A11_write_freshness_seconds
-- title: Seconds from the newest row to the recovery point
-- severity: info
-- requires: provisioner_jobs.updated_at, workspace_builds.created_at, audit_logs.time, users.updated_at, api_keys.last_used
-- expect: report
-- phase: both
-- note: moves with users; A12 moves without them. Empty when nothing was ever written.
SELECT ceil(extract(epoch FROM current_setting('coder.as_of')::timestamptz - m))::bigint AS value,
       'newest write ' || coalesce(to_char(m AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'never') AS detail
FROM (SELECT greatest((SELECT max(updated_at) FROM provisioner_jobs), (SELECT max(created_at) FROM workspace_builds),
                      (SELECT max("time") FROM audit_logs), (SELECT max(updated_at) FROM users),
                      (SELECT max(last_used) FROM api_keys)) AS m) s;

-- check: A12_heartbeat_freshness_seconds
-- title: Seconds from the newest heartbeat to the recovery point
-- severity: info
-- requires: replicas.updated_at, provisioner_daemons.last_seen_at
-- expect: report
-- phase: both
-- note: replicas.updated_at moves every 5 s, provisioner_daemons.last_seen_at every 60 s: the best witness of lost data.
SELECT ceil(extract(epoch FROM current_setting('coder.as_of')::timestamptz - m))::bigint AS value,
       'newest heartbeat ' || coalesce(to_char(m AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'none') AS detail
FROM (SELECT greatest((SELECT max(updated_at) FROM replicas), (SELECT max(last_seen_at) FROM provisioner_daemons)) AS m) s;

-- check: A13_nothing_after_recovery_point
-- title: Nothing was written after the recovery point
-- severity: warning
-- requires: workspace_builds.created_at, audit_logs.time, api_keys.created_at
-- expect: zero
-- phase: drill
-- note: rows from later than the recovery point mean another recovery point than the one asked for. Rows bear coderd's clock, so five minutes are let pass.
SELECT ((SELECT count(*) FROM workspace_builds
         WHERE created_at > current_setting('coder.as_of')::timestamptz + interval '5 minutes')
      + (SELECT count(*) FROM audit_logs
         WHERE "time" > current_setting('coder.as_of')::timestamptz + interval '5 minutes')
      + (SELECT count(*) FROM api_keys
         WHERE created_at > current_setting('coder.as_of')::timestamptz + interval '5 minutes'))::bigint AS value,
       'builds, audit entries and keys made more than 5 minutes after the recovery point' AS detail;
