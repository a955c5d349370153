-- provisioner_job_logs: what each job said. The ids leave gaps, as a sequence shared by many writers does.

INSERT INTO provisioner_job_logs (job_id, created_at, source, level, stage, output, id)
SELECT v.job_id, v.created_at + make_interval(secs => 3 * l.place), 'provisioner', 'info', l.stage, l.output,
       row_number() OVER (ORDER BY v.n, l.place)
FROM seed.version AS v,
     (VALUES (1, 'Parsing template parameters', 'Found 3 variables'), (2, 'Detecting persistent resources', 'Terraform 1.13.4'),
             (3, 'Detecting persistent resources', 'Initializing provider plugins...'),
             (4, 'Detecting persistent resources', 'Plan: 4 to add, 0 to change, 0 to destroy.')) AS l (place, stage, output);

INSERT INTO provisioner_job_logs (job_id, created_at, source, level, stage, output, id)
SELECT b.job_id, b.at + make_interval(secs => b.queued + l.place * b.seconds / 7),
       CASE l.place WHEN 1 THEN 'provisioner_daemon' ELSE 'provisioner' END::log_source,
       CASE WHEN b.outcome = 'failed' AND l.last THEN 'error' ELSE l.level END::log_level, l.stage,
       CASE WHEN b.outcome = 'failed' AND l.last THEN 'Error: context deadline exceeded' ELSE l.output END,
       1000000 + b.n * 8 + l.place
FROM seed.build AS b
JOIN (VALUES ('start', 1, false, 'info', 'Setting up', 'Found cached providers'),
             ('start', 2, false, 'debug', 'Planning infrastructure', 'Initializing the backend...'),
             ('start', 3, false, 'info', 'Planning infrastructure', 'Plan: 4 to add, 0 to change, 0 to destroy.'),
             ('start', 4, false, 'info', 'Starting workspace', 'kubernetes_deployment.main[0]: Creating...'),
             ('start', 5, false, 'info', 'Starting workspace', 'kubernetes_deployment.main[0]: Creation complete after 11s'),
             ('start', 6, true, 'info', 'Starting workspace', 'Apply complete! Resources: 4 added, 0 changed, 0 destroyed.'),
             ('stop', 1, false, 'info', 'Setting up', 'Found cached providers'),
             ('stop', 2, false, 'info', 'Planning infrastructure', 'Plan: 0 to add, 0 to change, 1 to destroy.'),
             ('stop', 3, true, 'info', 'Stopping workspace', 'Apply complete! Resources: 0 added, 0 changed, 1 destroyed.'),
             ('delete', 1, false, 'info', 'Setting up', 'Found cached providers'),
             ('delete', 2, true, 'info', 'Deleting workspace', 'Destroy complete! Resources: 4 destroyed.')
     ) AS l (transition, place, last, level, stage, output) USING (transition)
WHERE b.outcome <> 'waiting' AND (b.outcome <> 'starting' OR l.place < 3)
ORDER BY b.n, l.place;

SELECT setval('provisioner_job_logs_id_seq', (SELECT max(id) FROM provisioner_job_logs));
