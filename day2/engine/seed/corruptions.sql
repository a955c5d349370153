-- Ways in which a source can be broken without anyone noticing, each with the check that has to find it.
--   -- corruption: <name>
--   -- found by: <check id>
--   -- story: how such a thing comes about
-- They are applied as a superuser to a seeded source, one at a time.

-- corruption: migration-interrupted
-- found by: A01_schema_migrations_clean
-- story: An upgrade was killed in the middle of a migration.
UPDATE schema_migrations SET dirty = true;

-- corruption: coder-v1-tables
-- found by: A03_not_coder_v1
-- story: The tables of Coder 1 were loaded beside those of Coder 2.
CREATE TABLE migration_cursor (id integer);

-- corruption: table-dropped
-- found by: A04_core_tables_present
-- story: A table was dropped by hand in the wrong database.
DROP TABLE workspace_proxies CASCADE;

-- corruption: index-invalid
-- found by: A05_invalid_indexes
-- story: CREATE INDEX CONCURRENTLY failed and left its index behind.
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_email_lower_idx'::regclass;

-- corruption: constraint-unvalidated
-- found by: A06_unvalidated_constraints
-- story: A constraint was put back in haste, without looking at the rows.
ALTER TABLE users ADD CONSTRAINT users_username_not_shouted CHECK (username = lower(username)) NOT VALID;

-- corruption: trigger-disabled
-- found by: A07_disabled_triggers
-- story: A bulk load switched a trigger off and never on again.
ALTER TABLE users DISABLE TRIGGER trigger_update_users;

-- corruption: collation-changed
-- found by: A08_collation_version_mismatch
-- story: The C library under the cluster sorts otherwise than the one that built its indexes.
UPDATE pg_database SET datcollversion = '2.26' WHERE datname = current_database();

-- corruption: written-after-recovery-point
-- found by: A13_nothing_after_recovery_point
-- story: Something wrote to the copy, or the clock of a writer runs ahead.
UPDATE audit_logs SET "time" = now() + interval '1 day'
    WHERE id = (SELECT id FROM audit_logs ORDER BY "time" DESC LIMIT 1);

-- corruption: users-all-deleted
-- found by: B01_users_active
-- story: A faulty directory sync marked everyone deleted.
UPDATE users SET deleted = true;

-- corruption: owner-lost
-- found by: B02_owner_exists
-- story: A role sync took the owner role from everyone.
UPDATE users SET rbac_roles = array_remove(rbac_roles, 'owner');

-- corruption: emails-duplicated
-- found by: B03_duplicate_emails
-- story: The unique index no longer sees what the table holds, and let a second row in.
UPDATE pg_index SET indisready = false, indisvalid = false WHERE indexrelid = 'users_email_lower_idx'::regclass;
UPDATE users SET email = (SELECT email FROM users WHERE username = 'admin')
WHERE id = (SELECT id FROM users WHERE NOT deleted AND username <> 'admin' AND NOT is_system ORDER BY id LIMIT 1);
UPDATE pg_index SET indisready = true, indisvalid = true WHERE indexrelid = 'users_email_lower_idx'::regclass;

-- corruption: memberships-lost
-- found by: B04_users_without_organization
-- story: A clean-up of one organization removed people from the only one they had.
DELETE FROM organization_members
    WHERE user_id IN (SELECT id FROM users WHERE NOT deleted AND status = 'active' ORDER BY id LIMIT 3);

-- corruption: deleted-users-keep-keys
-- found by: B05_deleted_users_with_credentials
-- story: Users were marked deleted by a script that bypasses triggers.
SET session_replication_role = replica;
UPDATE users SET deleted = true WHERE id IN (SELECT user_id FROM api_keys ORDER BY user_id LIMIT 3);

-- corruption: login-links-lost
-- found by: B06_sso_users_without_link
-- story: The links to the identity provider were deleted to force a new sign-in.
DELETE FROM user_links WHERE user_id IN (SELECT user_id FROM user_links ORDER BY user_id LIMIT 3);

-- corruption: default-organization-lost
-- found by: B07_default_organization
-- story: The flag of the default organization was cleared by hand.
UPDATE organizations SET is_default = false;

-- corruption: everyone-group-lost
-- found by: B08_everyone_group_per_organization
-- story: The group Everyone was deleted through SQL, which the API refuses.
DELETE FROM groups WHERE name = 'Everyone' AND id = (SELECT id FROM organizations WHERE NOT is_default);

-- corruption: group-members-orphaned
-- found by: B09_orphan_group_members
-- story: Groups were deleted with the foreign keys' triggers off.
SET session_replication_role = replica;
DELETE FROM groups WHERE name = 'team-01';

-- corruption: group-members-foreign
-- found by: B10_group_members_outside_organization
-- story: Memberships were copied between organizations.
INSERT INTO group_members (user_id, group_id)
SELECT u.id, g.id FROM users u, groups g, organizations o
WHERE o.id = g.organization_id AND NOT o.is_default AND NOT u.deleted
  AND NOT EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id AND m.organization_id = o.id)
ORDER BY u.id LIMIT 3;

-- corruption: templates-all-deleted
-- found by: C01_templates_live
-- story: A pipeline that prunes templates got an empty list of those to keep.
UPDATE templates SET deleted = true;

-- corruption: active-version-lost
-- found by: C02_template_active_version_missing
-- story: Old template versions were pruned, the active one of a template among them.
UPDATE templates SET active_version_id = gen_random_uuid()
    WHERE id = (SELECT id FROM templates WHERE NOT deleted ORDER BY id LIMIT 1);

-- corruption: active-version-archived
-- found by: C03_template_active_version_archived
-- story: Versions were archived by age alone.
UPDATE template_versions SET archived = true
WHERE id = (SELECT active_version_id FROM templates WHERE NOT deleted ORDER BY id LIMIT 1);

-- corruption: import-jobs-lost
-- found by: C04_template_version_job_missing
-- story: A retention script deleted old jobs, and no foreign key held it back.
DELETE FROM provisioner_jobs WHERE type = 'template_version_import'
    AND id IN (SELECT job_id FROM template_versions ORDER BY created_at LIMIT 3);

-- corruption: template-source-lost
-- found by: C05_active_version_source_missing
-- story: Files were deleted to save space, the source of an active version among them.
DELETE FROM files WHERE id = (
    SELECT j.file_id FROM templates t
    JOIN template_versions v ON v.id = t.active_version_id JOIN provisioner_jobs j ON j.id = v.job_id
    WHERE NOT t.deleted ORDER BY t.id LIMIT 1);

-- corruption: active-version-failed
-- found by: C06_active_version_import_not_succeeded
-- story: A version that never compiled was promoted by hand.
UPDATE provisioner_jobs SET error = 'terraform plan: exit status 1' WHERE id = (
    SELECT v.job_id FROM templates t JOIN template_versions v ON v.id = t.active_version_id
        WHERE NOT t.deleted ORDER BY t.id LIMIT 1);

-- corruption: template-acl-dangling
-- found by: C07_template_acl_dangling
-- story: A group was deleted through SQL while templates still name it.
UPDATE templates SET group_acl = group_acl || jsonb_build_object(gen_random_uuid(), '["use"]'::jsonb)
WHERE id = (SELECT id FROM templates WHERE NOT deleted ORDER BY id LIMIT 1);

-- corruption: builds-lost
-- found by: D02_workspaces_without_build
-- story: A retention script deleted every build of workspaces that nobody had touched for long.
DELETE FROM workspace_builds
    WHERE workspace_id IN (SELECT id FROM workspaces WHERE NOT deleted ORDER BY last_used_at, id LIMIT 3);

-- corruption: workspaces-rehomed
-- found by: D03_latest_build_wrong_template
-- story: Workspaces were moved to another template by an UPDATE.
UPDATE workspaces w
SET template_id = (SELECT id FROM templates t WHERE t.id <> w.template_id AND NOT t.deleted ORDER BY id LIMIT 1)
WHERE id IN (SELECT id FROM workspaces WHERE NOT deleted ORDER BY id LIMIT 3);

-- corruption: build-history-cut
-- found by: D04_build_number_gaps
-- story: Old builds were deleted to save space.
DELETE FROM workspace_builds b USING workspaces w WHERE w.id = b.workspace_id AND NOT w.deleted AND b.build_number = 1;

-- corruption: template-of-workspaces-deleted
-- found by: D05_workspace_of_deleted_owner_or_template
-- story: A template was marked deleted while workspaces still use it.
UPDATE templates SET deleted = true
    WHERE id = (SELECT template_id FROM workspaces WHERE NOT deleted GROUP BY 1 ORDER BY count(*) DESC LIMIT 1);

-- corruption: terraform-state-emptied
-- found by: D06_running_without_terraform_state
-- story: Terraform states were emptied to shrink the database; Coder can no longer stop what runs.
UPDATE workspace_builds SET provisioner_state = NULL WHERE transition = 'start';

-- corruption: deleted-workspaces-revived
-- found by: D07_deleted_flag_mismatch
-- story: Workspaces were "undeleted" by an UPDATE; nothing of them exists.
UPDATE workspaces SET deleted = false WHERE id IN (SELECT id FROM workspaces WHERE deleted ORDER BY id LIMIT 3);

-- corruption: autostop-stuck
-- found by: D09_overdue_autostop
-- story: The executor of automatic builds hangs; workspaces run past their deadline.
UPDATE workspace_builds SET deadline = now() - interval '1 hour' WHERE deadline > now();

-- corruption: jobs-left-waiting
-- found by: E02_jobs_pending_over_30m
-- story: No provisioner takes jobs, and nothing gives up on them.
INSERT INTO provisioner_jobs (id, created_at, updated_at, organization_id, initiator_id, provisioner, storage_method, type,
                              input, file_id)
SELECT gen_random_uuid(), now() - interval '2 hours', now() - interval '2 hours', organization_id, initiator_id,
       provisioner, storage_method, 'template_version_dry_run', '{}', file_id
FROM provisioner_jobs ORDER BY id LIMIT 3;

-- corruption: jobs-hung
-- found by: E03_jobs_hung_over_5m
-- story: A provisioner died in the middle of its builds.
INSERT INTO provisioner_jobs (id, created_at, updated_at, started_at, organization_id, initiator_id, provisioner,
                              storage_method, type, input, file_id)
SELECT gen_random_uuid(), now() - interval '2 hours', now() - interval '2 hours', now() - interval '2 hours',
       organization_id, initiator_id, provisioner, storage_method, 'template_version_dry_run', '{}', file_id
FROM provisioner_jobs ORDER BY id LIMIT 3;

-- corruption: build-jobs-mistyped
-- found by: E04_job_of_build_missing_or_wrong_type
-- story: A faulty import wrote jobs of the wrong kind.
UPDATE provisioner_jobs SET type = 'template_version_dry_run'
    WHERE id = (SELECT job_id FROM workspace_builds ORDER BY id LIMIT 1);

-- corruption: provisioner-tags-unmatched
-- found by: E05_jobs_without_matching_provisioner
-- story: A template asks for a provisioner that nobody runs.
INSERT INTO provisioner_jobs (id, created_at, updated_at, organization_id, initiator_id, provisioner, storage_method, type,
                              input, file_id, tags)
SELECT gen_random_uuid(), now(), now(), organization_id, initiator_id, provisioner, storage_method,
       'template_version_dry_run', '{}', file_id, '{"scope": "organization", "owner": "", "zone": "moon"}'
FROM provisioner_jobs ORDER BY id LIMIT 1;

-- corruption: provisioners-gone
-- found by: E06_provisioner_daemons_alive
-- story: Every provisioner lost its connection an hour ago.
UPDATE provisioner_daemons SET last_seen_at = now() - interval '1 hour';

-- corruption: licence-expired
-- found by: F01_license_valid
-- story: Nobody renewed the licence, and its grace is over.
UPDATE licenses SET exp = now() - interval '1 day';

-- corruption: licence-garbled
-- found by: F02_license_jwt_wellformed
-- story: A licence was pasted with its line breaks.
UPDATE licenses SET jwt = replace(jwt, '.', E'\n');

-- corruption: deployment-id-lost
-- found by: F03_site_config_identity
-- story: The settings' table was emptied to "reset" the deployment.
DELETE FROM site_configs WHERE key = 'deployment_id';

-- corruption: crypto-keys-lost
-- found by: F04_crypto_keys_usable
-- story: The keys that sign tokens were deleted.
DELETE FROM crypto_keys WHERE feature = 'workspace_apps_token';

-- corruption: dbcrypt-key-revoked
-- found by: F06_encrypted_rows_with_unknown_key
-- story: An encryption key was revoked before everything was encrypted anew.
SET session_replication_role = replica;
UPDATE dbcrypt_keys SET revoked_key_digest = active_key_digest, active_key_digest = NULL, revoked_at = now()
    WHERE number = 2;

-- corruption: git-logins-orphaned
-- found by: F07_external_auth_links_of_missing_user
-- story: A user row was removed, and no foreign key took the tokens along.
UPDATE external_auth_links SET user_id = gen_random_uuid()
    WHERE user_id = (SELECT user_id FROM external_auth_links ORDER BY 1 LIMIT 1);

-- corruption: ssh-keys-lost
-- found by: F08_users_without_gitsshkey
-- story: The users' SSH keys were deleted to force new ones.
DELETE FROM gitsshkeys WHERE user_id IN (SELECT id FROM users WHERE NOT deleted AND NOT is_system ORDER BY id LIMIT 3);

-- corruption: resources-lost
-- found by: FK01_no_orphans
-- story: Resources were deleted with the foreign keys' triggers off; agents belong to nothing.
SET session_replication_role = replica;
DELETE FROM workspace_resources WHERE id IN (SELECT resource_id FROM workspace_agents ORDER BY resource_id LIMIT 5);

-- corruption: audit-log-emptied
-- found by: CT01_row_counts
-- story: The audit log was emptied to make room.
TRUNCATE audit_logs;

-- corruption: table-truncated
-- found by: CT01_row_counts
-- story: A table was truncated in the wrong terminal.
TRUNCATE notification_messages;

-- corruption: index-lost-rows
-- found by: PH01_physical
-- story: An index missed writes: queries by it no longer find rows that the table holds.
UPDATE pg_index SET indisready = false, indisvalid = false WHERE indexrelid = 'workspace_template_id_idx'::regclass;
UPDATE workspaces SET name = name || '-renamed'
    WHERE id IN (SELECT id FROM workspaces WHERE NOT deleted ORDER BY id LIMIT 3);
UPDATE pg_index SET indisready = true, indisvalid = true WHERE indexrelid = 'workspace_template_id_idx'::regclass;
