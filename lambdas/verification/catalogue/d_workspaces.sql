-- Workspaces and their builds.

-- check: D01_workspaces_live
-- title: Workspaces
-- severity: info
-- requires: workspaces.deleted
-- expect: report
-- phase: both
SELECT count(*) FILTER (WHERE NOT deleted)::bigint AS value,
       format('live=%s deleted=%s', count(*) FILTER (WHERE NOT deleted), count(*) FILTER (WHERE deleted)) AS detail
FROM workspaces;

-- check: D02_workspaces_without_build
-- title: Every workspace has a build
-- severity: critical
-- requires: workspaces.deleted, workspace_builds.workspace_id
-- expect: zero
-- phase: both
-- note: a workspace and its first build are one transaction; the API answers 500 for one without.
-- control: workspaces AS (SELECT * FROM public.workspaces UNION ALL SELECT (jsonb_populate_record(NULL::public.workspaces, '{"id": "00000000-0000-4000-8000-000000000001", "deleted": false}')).*)
SELECT count(*)::bigint AS value, 'live workspaces without any build' AS detail,
       (array_agg(w.id ORDER BY w.id))[1:5] AS ids
FROM workspaces w WHERE NOT w.deleted AND NOT EXISTS (SELECT 1 FROM workspace_builds b WHERE b.workspace_id = w.id);

-- check: D03_latest_build_wrong_template
-- title: Every workspace's latest build is of its own template
-- severity: critical
-- requires: workspaces.deleted, workspaces.template_id, workspace_builds.build_number, workspace_builds.template_version_id, template_versions.template_id
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'live workspaces whose latest build is of another template''s version' AS detail,
       (array_agg(w.id ORDER BY w.id))[1:5] AS ids
FROM workspaces w
JOIN LATERAL (SELECT b.template_version_id FROM workspace_builds b
              WHERE b.workspace_id = w.id ORDER BY b.build_number DESC LIMIT 1) lb ON true
JOIN template_versions v ON v.id = lb.template_version_id
WHERE NOT w.deleted AND v.template_id IS DISTINCT FROM w.template_id;

-- check: D04_build_number_gaps
-- title: Builds are numbered without a gap
-- severity: warning
-- requires: workspaces.deleted, workspace_builds.workspace_id, workspace_builds.build_number
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'live workspaces whose builds are not numbered 1 to n' AS detail,
       (array_agg(g.workspace_id ORDER BY g.workspace_id))[1:5] AS ids
FROM (SELECT b.workspace_id FROM workspace_builds b JOIN workspaces w ON w.id = b.workspace_id WHERE NOT w.deleted
      GROUP BY 1 HAVING min(build_number) <> 1 OR max(build_number) <> count(*)) g;

-- check: D05_workspace_of_deleted_owner_or_template
-- title: No workspace belongs to a deleted user or template
-- severity: warning
-- requires: workspaces.deleted, workspaces.owner_id, workspaces.template_id, users.deleted, templates.deleted
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'live workspaces whose owner or template is deleted' AS detail,
       (array_agg(w.id ORDER BY w.id))[1:5] AS ids
FROM workspaces w JOIN users u ON u.id = w.owner_id JOIN templates t ON t.id = w.template_id
WHERE NOT w.deleted AND (u.deleted OR t.deleted);

-- check: D06_running_without_terraform_state
-- title: Every running workspace has its Terraform state
-- severity: critical
-- requires: workspaces.deleted, workspace_builds.build_number, workspace_builds.transition, workspace_builds.job_id, workspace_builds.provisioner_state, provisioner_jobs.completed_at, provisioner_jobs.error, provisioner_jobs.canceled_at
-- expect: zero
-- phase: both
-- note: the state is in workspace_builds.provisioner_state; without it Coder can no longer stop what runs.
SELECT count(*)::bigint AS value, 'running workspaces without a Terraform state' AS detail,
       (array_agg(w.id ORDER BY w.id))[1:5] AS ids
FROM workspaces w
JOIN LATERAL (SELECT b.transition, b.job_id, b.provisioner_state FROM workspace_builds b
              WHERE b.workspace_id = w.id ORDER BY b.build_number DESC LIMIT 1) lb ON true
JOIN provisioner_jobs j ON j.id = lb.job_id
WHERE NOT w.deleted AND lb.transition::text = 'start'
  AND j.completed_at IS NOT NULL AND coalesce(j.error, '') = '' AND j.canceled_at IS NULL
  AND coalesce(octet_length(lb.provisioner_state), 0) = 0;

-- check: D07_deleted_flag_mismatch
-- title: A workspace is marked deleted exactly when its latest build deleted it
-- severity: warning
-- requires: workspaces.deleted, workspace_builds.build_number, workspace_builds.transition, workspace_builds.job_id, provisioner_jobs.completed_at, provisioner_jobs.error, provisioner_jobs.canceled_at
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'workspaces whose mark and latest build disagree' AS detail,
       (array_agg(w.id ORDER BY w.id))[1:5] AS ids
FROM workspaces w
JOIN LATERAL (SELECT b.transition, b.job_id FROM workspace_builds b
              WHERE b.workspace_id = w.id ORDER BY b.build_number DESC LIMIT 1) lb ON true
JOIN provisioner_jobs j ON j.id = lb.job_id
WHERE (NOT w.deleted AND lb.transition::text = 'delete'
       AND j.completed_at IS NOT NULL AND coalesce(j.error, '') = '' AND j.canceled_at IS NULL)
   OR (w.deleted AND lb.transition::text <> 'delete');

-- check: D08_running_workspaces
-- title: Running workspaces
-- severity: info
-- requires: workspaces.deleted, workspace_builds.build_number, workspace_builds.transition, workspace_builds.job_id, provisioner_jobs.completed_at, provisioner_jobs.error, provisioner_jobs.canceled_at
-- expect: report
-- phase: both
-- note: the rule of the API's status:running: the latest build is a start whose job succeeded.
SELECT count(*)::bigint AS value, 'workspaces whose latest build started them' AS detail
FROM workspaces w
JOIN LATERAL (SELECT b.transition, b.job_id FROM workspace_builds b
              WHERE b.workspace_id = w.id ORDER BY b.build_number DESC LIMIT 1) lb ON true
JOIN provisioner_jobs j ON j.id = lb.job_id
WHERE NOT w.deleted AND lb.transition::text = 'start'
  AND j.completed_at IS NOT NULL AND coalesce(j.error, '') = '' AND j.canceled_at IS NULL;

-- check: D09_overdue_autostop
-- title: Workspaces stop at their deadline
-- severity: warning
-- requires: workspaces.deleted, workspace_builds.build_number, workspace_builds.transition, workspace_builds.job_id, workspace_builds.deadline, provisioner_jobs.completed_at, provisioner_jobs.error, provisioner_jobs.canceled_at
-- expect: zero
-- phase: live
-- note: running a quarter of an hour past the deadline, the executor of automatic builds does not keep up.
SELECT count(*)::bigint AS value, 'running workspaces whose deadline passed more than 15 minutes ago' AS detail,
       (array_agg(w.id ORDER BY w.id))[1:5] AS ids
FROM workspaces w
JOIN LATERAL (SELECT b.transition, b.job_id, b.deadline FROM workspace_builds b
              WHERE b.workspace_id = w.id ORDER BY b.build_number DESC LIMIT 1) lb ON true
JOIN provisioner_jobs j ON j.id = lb.job_id
WHERE NOT w.deleted AND lb.transition::text = 'start'
  AND j.completed_at IS NOT NULL AND coalesce(j.error, '') = '' AND j.canceled_at IS NULL
  AND lb.deadline > '0001-01-02' AND lb.deadline < current_setting('coder.as_of')::timestamptz - interval '15 minutes';

-- check: D10_autostart_wave_next_hour
-- title: Workspaces that start within the hour
-- severity: info
-- requires: workspaces.deleted, workspaces.dormant_at, workspaces.next_start_at
-- expect: report
-- phase: live
SELECT count(*)::bigint AS value, 'workspaces due to start within 60 minutes' AS detail
FROM workspaces WHERE NOT deleted AND dormant_at IS NULL
  AND next_start_at BETWEEN current_setting('coder.as_of')::timestamptz
                        AND current_setting('coder.as_of')::timestamptz + interval '1 hour';
