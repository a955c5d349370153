-- Templates, their versions and the files that they are built from.

-- check: C01_templates_live
-- title: There are templates
-- severity: critical
-- requires: templates.deleted
-- expect: positive
-- phase: both
SELECT count(*)::bigint AS value, 'live templates' AS detail FROM templates WHERE NOT deleted;

-- check: C02_template_active_version_missing
-- title: Every template has its active version
-- severity: critical
-- requires: templates.deleted, templates.active_version_id, template_versions.template_id
-- expect: zero
-- phase: both
-- note: no foreign key guards templates.active_version_id.
-- control: templates AS (SELECT * FROM public.templates UNION ALL SELECT (jsonb_populate_record(NULL::public.templates, '{"id": "00000000-0000-4000-8000-000000000001", "deleted": false, "active_version_id": "00000000-0000-4000-8000-000000000002"}')).*)
SELECT count(*)::bigint AS value, 'live templates whose active version is gone or another template''s' AS detail,
       (array_agg(t.id ORDER BY t.id))[1:5] AS ids
FROM templates t LEFT JOIN template_versions v ON v.id = t.active_version_id
WHERE NOT t.deleted AND (v.id IS NULL OR v.template_id IS DISTINCT FROM t.id);

-- check: C03_template_active_version_archived
-- title: No active version is archived
-- severity: warning
-- requires: templates.deleted, templates.active_version_id, template_versions.archived
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'live templates whose active version is archived' AS detail,
       (array_agg(t.id ORDER BY t.id))[1:5] AS ids
FROM templates t JOIN template_versions v ON v.id = t.active_version_id WHERE NOT t.deleted AND v.archived;

-- check: C04_template_version_job_missing
-- title: Every template version has its import job
-- severity: critical
-- requires: template_versions.job_id, provisioner_jobs.id
-- expect: zero
-- phase: both
-- note: no foreign key guards template_versions.job_id.
SELECT count(*)::bigint AS value, 'template versions whose import job is gone' AS detail,
       (array_agg(v.id ORDER BY v.id))[1:5] AS ids
FROM template_versions v LEFT JOIN provisioner_jobs j ON j.id = v.job_id WHERE j.id IS NULL;

-- check: C05_active_version_source_missing
-- title: Every active version has its source files
-- severity: critical
-- requires: templates.deleted, templates.active_version_id, template_versions.job_id, provisioner_jobs.file_id, files.data
-- expect: zero
-- phase: both
-- note: no foreign key guards provisioner_jobs.file_id; without the archive no workspace of the template can be built.
SELECT count(*)::bigint AS value, 'live templates whose source archive is gone or empty' AS detail,
       (array_agg(t.id ORDER BY t.id))[1:5] AS ids
FROM templates t JOIN template_versions v ON v.id = t.active_version_id JOIN provisioner_jobs j ON j.id = v.job_id
LEFT JOIN files f ON f.id = j.file_id
WHERE NOT t.deleted AND (f.id IS NULL OR octet_length(f.data) = 0);

-- check: C06_active_version_import_not_succeeded
-- title: Every active version was imported with success
-- severity: warning
-- requires: templates.deleted, templates.active_version_id, template_versions.job_id, provisioner_jobs.completed_at, provisioner_jobs.error, provisioner_jobs.canceled_at
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'live templates whose active version was not imported with success' AS detail,
       (array_agg(t.id ORDER BY t.id))[1:5] AS ids
FROM templates t JOIN template_versions v ON v.id = t.active_version_id JOIN provisioner_jobs j ON j.id = v.job_id
WHERE NOT t.deleted AND (j.completed_at IS NULL OR coalesce(j.error, '') <> '' OR j.canceled_at IS NOT NULL);

-- check: C07_template_acl_dangling
-- title: Access lists of templates name groups and users that exist
-- severity: warning
-- requires: templates.deleted, templates.group_acl, templates.user_acl, groups.id, users.id
-- expect: zero
-- phase: both
SELECT ((SELECT count(*) FROM templates t, jsonb_object_keys(t.group_acl) k
         WHERE NOT t.deleted AND NOT EXISTS (SELECT 1 FROM groups g WHERE g.id::text = k))
      + (SELECT count(*) FROM templates t, jsonb_object_keys(t.user_acl) k
         WHERE NOT t.deleted AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id::text = k)))::bigint AS value,
       'entries that name a group or user that does not exist' AS detail;

-- check: C08_template_presets
-- title: Presets of template versions
-- severity: info
-- requires: template_version_presets, template_version_preset_parameters
-- expect: report
-- phase: both
SELECT count(*)::bigint AS value,
       format('presets=%s parameters=%s', count(*), (SELECT count(*) FROM template_version_preset_parameters)) AS detail
FROM template_version_presets;

-- check: C09_unused_templates_90d
-- title: Templates that nobody used for 90 days
-- severity: info
-- requires: templates.deleted, workspaces.template_id, workspaces.last_used_at, workspaces.deleted
-- expect: report
-- phase: live
SELECT count(*)::bigint AS value, 'live templates without a workspace used in the last 90 days' AS detail,
       (array_agg(t.id ORDER BY t.id))[1:5] AS ids
FROM templates t WHERE NOT t.deleted AND NOT EXISTS (
  SELECT 1 FROM workspaces w WHERE w.template_id = t.id AND NOT w.deleted
    AND w.last_used_at > current_setting('coder.as_of')::timestamptz - interval '90 days');
