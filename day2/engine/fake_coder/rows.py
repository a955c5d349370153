"""What the answers are read from: one statement each."""

USERS = """\
SELECT id::text, username, status::text, rbac_roles FROM users
WHERE NOT deleted AND NOT is_system AND (:all OR id = CAST(:caller AS uuid)) ORDER BY lower(username)
"""

TEMPLATES = """\
SELECT t.id::text, t.name, t.organization_id::text, t.active_version_id::text FROM templates AS t
WHERE NOT t.deleted AND (:all OR EXISTS (SELECT FROM organization_members AS m
                                         WHERE m.organization_id = t.organization_id
                                           AND m.user_id = CAST(:caller AS uuid)))
ORDER BY lower(t.name)
"""

GROUPS = """\
SELECT g.id::text, g.name, g.display_name, g.organization_id::text, g.quota_allowance, g.source::text FROM groups AS g
WHERE :all OR EXISTS (SELECT FROM group_members AS m WHERE m.group_id = g.id AND m.user_id = CAST(:caller AS uuid))
   OR EXISTS (SELECT FROM organization_members AS m
              WHERE m.organization_id = g.id AND m.user_id = CAST(:caller AS uuid))
ORDER BY lower(g.name)
"""

LICENSED = "SELECT EXISTS (SELECT FROM licenses WHERE exp > now())"

WORKSPACES = """\
SELECT w.id::text, w.name, w.owner_id::text, w.template_id::text, b.deadline,
       CASE WHEN j.job_status IN ('failed', 'canceled', 'canceling') THEN j.job_status::text
            WHEN j.job_status = 'pending' THEN 'pending'
            WHEN b.transition = 'start' THEN CASE j.job_status WHEN 'running' THEN 'starting' ELSE 'running' END
            WHEN b.transition = 'stop' THEN CASE j.job_status WHEN 'running' THEN 'stopping' ELSE 'stopped' END
            ELSE CASE j.job_status WHEN 'running' THEN 'deleting' ELSE 'deleted' END END AS status
FROM workspaces AS w
CROSS JOIN LATERAL (SELECT transition, job_id, deadline FROM workspace_builds WHERE workspace_id = w.id
                    ORDER BY build_number DESC LIMIT 1) AS b
JOIN provisioner_jobs AS j ON j.id = b.job_id
WHERE NOT w.deleted ORDER BY lower(w.name), w.id
"""
"""Every workspace, its latest build's deadline, and last its status as Coder derives it from that build and its job."""

DEPLOYMENT_ID = "SELECT value FROM site_configs WHERE key = 'deployment_id'"

ALIVE = "SELECT 1"

ORGANIZATIONS = """\
SELECT o.id::text, o.name, o.display_name, o.is_default FROM organizations AS o
WHERE NOT o.deleted AND (:all OR EXISTS (SELECT FROM organization_members AS m
                                         WHERE m.organization_id = o.id AND m.user_id = CAST(:caller AS uuid)))
ORDER BY lower(o.name)
"""

JOBS = """\
SELECT j.id::text, j.created_at, j.started_at, j.completed_at, j.canceled_at, j.error, j.job_status::text,
       j.worker_id::text, d.name, j.type::text, j.initiator_id::text, j.input, j.organization_id::text
FROM provisioner_jobs AS j LEFT JOIN provisioner_daemons AS d ON d.id = j.worker_id
WHERE j.organization_id = CAST(:organization AS uuid)
  AND (:every OR j.job_status::text = ANY (CAST(:statuses AS text[])))
ORDER BY j.created_at DESC, j.id
"""

DAEMONS = """\
SELECT * FROM (
    SELECT d.id::text, d.name, d.created_at, d.last_seen_at, d.version, d.api_version, d.key_id::text,
           CASE WHEN coalesce(d.last_seen_at < now() - make_interval(secs => :stale), true) THEN 'offline'
                WHEN EXISTS (SELECT FROM provisioner_jobs AS j WHERE j.worker_id = d.id AND j.job_status = 'running')
                THEN 'busy' ELSE 'idle' END AS status, d.organization_id::text
    FROM provisioner_daemons AS d WHERE d.organization_id = CAST(:organization AS uuid)) AS d
WHERE :offline OR status <> 'offline' ORDER BY created_at DESC, name
"""

ENROL = """\
INSERT INTO provisioner_daemons (id, created_at, name, provisioners, tags, last_seen_at, version, api_version,
                                 organization_id, key_id)
SELECT gen_random_uuid(), now(), d.name, '{terraform}', '{"scope": "organization", "owner": ""}', now(), :version,
       '1.11', o.id, (SELECT k.id FROM provisioner_keys AS k WHERE k.organization_id = o.id
                      ORDER BY k.name <> 'pool', k.id LIMIT 1)
FROM unnest(CAST(:names AS text[])) AS d (name), organizations AS o WHERE o.is_default
ON CONFLICT (organization_id, name, lower(COALESCE(tags ->> 'owner', '')))
DO UPDATE SET last_seen_at = now(), version = excluded.version
"""
"""Each of these names is a daemon that has just been seen."""

BUSY = """\
SELECT d.name FROM provisioner_daemons AS d
WHERE EXISTS (SELECT FROM provisioner_jobs AS j WHERE j.worker_id = d.id AND j.job_status = 'running') ORDER BY d.name
"""
