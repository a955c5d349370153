-- Production goes on: what happens in the minutes before as_of, in one transaction.
-- Parameters: as_of, workspaces (new ones), stops, deletions, logins. What is touched follows from ids, so it is the same each time.

BEGIN;

CREATE FUNCTION pg_temp.later(kind text, n bigint, as_of timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT overlay(overlay(md5('later:' || kind || ':' || n || ':' || extract(epoch FROM as_of))
                          PLACING '5' FROM 13) PLACING 'a' FROM 17)::uuid $$;

-- Jobs that were in flight come to their end, none of them ahead of the clock.
UPDATE provisioner_jobs SET worker_id = coalesce(worker_id, (SELECT id FROM provisioner_daemons ORDER BY last_seen_at DESC, id LIMIT 1)),
                            started_at = coalesce(started_at, least(created_at + interval '5 seconds', :'as_of'::timestamptz)),
                            completed_at = least(created_at + interval '40 seconds', :'as_of'::timestamptz),
                            updated_at = least(created_at + interval '40 seconds', :'as_of'::timestamptz), error = ''
WHERE completed_at IS NULL;
UPDATE workspace_builds SET provisioner_state = '{"version":4,"serial":1,"resources":[]}',
                            updated_at = least(created_at + interval '40 seconds', :'as_of'::timestamptz)
WHERE provisioner_state IS NULL;

-- How each workspace stands, before anything new.
CREATE TEMPORARY TABLE standing ON COMMIT DROP AS
SELECT w.id, w.name, w.owner_id, w.organization_id, w.template_id, b.template_version_id, b.build_number, b.transition, b.id AS build_id,
       b.provisioner_state, j.job_status, j.file_id, u.is_system, b.created_at
FROM (SELECT DISTINCT ON (workspace_id) * FROM workspace_builds ORDER BY workspace_id, build_number DESC) AS b
JOIN workspaces AS w ON w.id = b.workspace_id
JOIN provisioner_jobs AS j ON j.id = b.job_id
JOIN users AS u ON u.id = w.owner_id
WHERE NOT w.deleted AND j.job_status = 'succeeded';

-- Whoever works keeps the deadline away.
UPDATE workspace_builds SET deadline = :'as_of'::timestamptz + interval '3 hours'
WHERE id IN (SELECT build_id FROM standing WHERE transition = 'start') AND deadline < :'as_of'::timestamptz + interval '1 hour';

-- New builds: the first one of new workspaces, stops of running ones, deletions of stopped ones.
CREATE TEMPORARY TABLE later_build ON COMMIT DROP AS
SELECT *, pg_temp.later('build', n, :'as_of') AS build, pg_temp.later('job', n, :'as_of') AS job,
       greatest(:'as_of'::timestamptz - make_interval(secs => 90 - n % 60), created_at + interval '1 second') AS at
FROM (
    SELECT n, 'start'::workspace_transition AS transition, 1 AS build_number, pg_temp.later('workspace', n, :'as_of') AS id,
           'new-' || n || '-' || left(md5(:'as_of'), 6) AS name, owner_id, organization_id, template_id, template_version_id, file_id,
           provisioner_state, created_at
    FROM (SELECT *, row_number() OVER (ORDER BY md5(build_id::text)) AS n FROM standing WHERE transition = 'start' AND NOT is_system) AS s
    WHERE n <= :workspaces
    UNION ALL
    SELECT 1000 + n, 'stop', build_number + 1, id, name, owner_id, organization_id, template_id, template_version_id, file_id,
           '{"version":4,"serial":1,"resources":[]}', created_at
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM standing WHERE transition = 'start' AND NOT is_system) AS s
    WHERE n <= :stops
    UNION ALL
    SELECT 2000 + n, 'delete', build_number + 1, id, name, owner_id, organization_id, template_id, template_version_id, file_id,
           '{"version":4,"serial":1,"resources":[]}', created_at
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM standing WHERE transition = 'stop') AS s
    WHERE n <= :deletions
) AS b;

INSERT INTO workspaces (id, created_at, updated_at, owner_id, organization_id, template_id, name, ttl, last_used_at)
SELECT id, at, at, owner_id, organization_id, template_id, name, 43200000000000, at FROM later_build WHERE build_number = 1;
UPDATE workspaces AS w SET deleted = true, updated_at = b.at FROM later_build AS b WHERE b.id = w.id AND b.transition = 'delete';

INSERT INTO provisioner_jobs (id, created_at, updated_at, started_at, completed_at, error, organization_id, initiator_id,
                              provisioner, storage_method, type, input, worker_id, file_id, tags)
SELECT job, at, at + interval '20 seconds', at + interval '1 second', at + interval '20 seconds', '', organization_id, owner_id,
       'terraform', 'file', 'workspace_build', jsonb_build_object('workspace_build_id', build),
       (SELECT id FROM provisioner_daemons ORDER BY last_seen_at DESC, id LIMIT 1), file_id, '{"scope": "organization", "owner": ""}'
FROM later_build;
INSERT INTO workspace_builds (id, created_at, updated_at, workspace_id, template_version_id, build_number, transition,
                              initiator_id, provisioner_state, job_id, deadline, reason)
SELECT build, at, at + interval '20 seconds', id, template_version_id, build_number, transition, owner_id, provisioner_state, job,
       CASE transition WHEN 'start' THEN at + interval '12 hours' ELSE '0001-01-01 00:00:00+00' END, 'dashboard'
FROM later_build;
INSERT INTO provisioner_job_logs (job_id, created_at, source, level, stage, output)
SELECT job, at + make_interval(secs => l), 'provisioner', 'info', 'Applying', 'Line ' || l FROM later_build, generate_series(1, 3) AS l
ORDER BY n, l;

-- What people did, told by the audit log; its newest row is the marker of "after".
INSERT INTO audit_logs (id, "time", user_id, organization_id, ip, user_agent, resource_type, resource_id, resource_target,
                        action, diff, status_code, additional_fields, request_id, resource_icon)
SELECT pg_temp.later('audit of build', n, :'as_of'), at, owner_id, organization_id, '10.20.0.1'::inet, '',
       'workspace_build'::resource_type, build, build_number::text, transition::text::audit_action, '{}'::jsonb, 200,
       jsonb_build_object('workspace_name', name), pg_temp.later('request of build', n, :'as_of'), ''
FROM later_build
UNION ALL
SELECT pg_temp.later('audit of login', n, :'as_of'), :'as_of'::timestamptz - make_interval(secs => 1 + n), id,
       '00000000-0000-0000-0000-000000000000', '10.20.0.1', 'Mozilla/5.0', 'api_key', id, '', 'login', '{}', 201, '{}',
       pg_temp.later('request of login', n, :'as_of'), ''
FROM (SELECT id, row_number() OVER (ORDER BY md5(id::text))::integer AS n FROM users
      WHERE NOT deleted AND status = 'active' AND NOT is_system) AS u
WHERE n <= :logins;

-- Heartbeats of what is alive.
UPDATE replicas SET updated_at = :'as_of'::timestamptz - interval '2 seconds' WHERE stopped_at IS NULL;
UPDATE provisioner_daemons SET last_seen_at = :'as_of'::timestamptz - interval '20 seconds'
WHERE last_seen_at > (SELECT max(last_seen_at) FROM provisioner_daemons) - interval '5 minutes';
UPDATE tailnet_coordinators SET heartbeat_at = :'as_of'::timestamptz - interval '1 second';
COMMIT;
