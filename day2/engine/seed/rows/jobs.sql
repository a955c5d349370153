-- provisioner_jobs: one for every import of a template version, one for every build.

INSERT INTO provisioner_jobs (id, created_at, updated_at, started_at, completed_at, error, error_code, organization_id,
                              initiator_id, provisioner, storage_method, type, input, worker_id, file_id, tags, logs_length)
SELECT v.job_id, v.created_at, v.created_at + interval '42 seconds', v.created_at + interval '2 seconds',
       v.created_at + interval '42 seconds', CASE v.number WHEN 0 THEN 'terraform plan: exit status 1' ELSE '' END,
       CASE v.number WHEN 0 THEN 'REQUIRED_TEMPLATE_VARIABLES' ELSE '' END,
       o.id, seed.id('user', 1), 'terraform', 'file', 'template_version_import', jsonb_build_object('template_version_id', v.id),
       seed.id('daemon', 1 + v.n % 10), v.file_id, '{"scope": "organization", "owner": ""}', 900
FROM seed.version AS v JOIN seed.organization AS o ON o.n = v.organization
ORDER BY v.n;

INSERT INTO provisioner_jobs (id, created_at, updated_at, started_at, canceled_at, completed_at, error, error_code,
                              organization_id, initiator_id, provisioner, storage_method, type, input, worker_id, file_id, tags,
                              logs_length)
SELECT b.job_id, b.at,
       CASE b.outcome WHEN 'waiting' THEN b.at WHEN 'starting' THEN :'as_of'::timestamptz - interval '1 second'
                      ELSE b.at + make_interval(secs => b.queued + b.seconds) END,
       CASE b.outcome WHEN 'waiting' THEN NULL WHEN 'starting' THEN b.at + interval '1 second'
                      ELSE b.at + make_interval(secs => b.queued) END,
       CASE b.outcome WHEN 'canceled' THEN b.at + make_interval(secs => b.queued + 5) END,
       CASE WHEN b.outcome NOT IN ('waiting', 'starting') THEN b.at + make_interval(secs => b.queued + b.seconds) END,
       CASE b.outcome WHEN 'failed' THEN 'terraform apply: exit status 1' ELSE '' END, '',
       o.id, b.owner_id, 'terraform', 'file', 'workspace_build', jsonb_build_object('workspace_build_id', b.id),
       CASE WHEN b.outcome <> 'waiting' THEN seed.id('daemon', 1 + b.n % 10) END, v.file_id,
       '{"scope": "organization", "owner": ""}', CASE WHEN b.outcome <> 'waiting' THEN 420 ELSE 0 END
FROM seed.build AS b
JOIN seed.organization AS o ON o.n = b.organization
JOIN seed.version AS v ON v.template = b.template AND v.number = b.version
ORDER BY b.n;
