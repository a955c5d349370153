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
SELECT w.id::text, w.name, w.owner_id::text, w.template_id::text,
       CASE WHEN j.job_status IN ('failed', 'canceled', 'canceling') THEN j.job_status::text
            WHEN j.job_status = 'pending' THEN 'pending'
            WHEN b.transition = 'start' THEN CASE j.job_status WHEN 'running' THEN 'starting' ELSE 'running' END
            WHEN b.transition = 'stop' THEN CASE j.job_status WHEN 'running' THEN 'stopping' ELSE 'stopped' END
            ELSE CASE j.job_status WHEN 'running' THEN 'deleting' ELSE 'deleted' END END AS status
FROM workspaces AS w
CROSS JOIN LATERAL (SELECT transition, job_id FROM workspace_builds WHERE workspace_id = w.id
                    ORDER BY build_number DESC LIMIT 1) AS b
JOIN provisioner_jobs AS j ON j.id = b.job_id
WHERE NOT w.deleted ORDER BY lower(w.name), w.id
"""
"""Every workspace and its status, as Coder derives it from transition and job of the latest build."""

DEPLOYMENT_ID = "SELECT value FROM site_configs WHERE key = 'deployment_id'"

ALIVE = "SELECT 1"
