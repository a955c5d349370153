"""For every check that can fail, a corruption that it alone is asked to find.

Each is applied with triggers and foreign keys off, in a transaction that is rolled back. `coder.as_of` is the moment
that the checks judge by.
"""
# ruff: noqa: S608  statements put together from the constants below

AS_OF = "current_setting('coder.as_of')::timestamptz"
ONE_LIVE_WORKSPACE = "(SELECT id FROM workspaces WHERE NOT deleted ORDER BY id LIMIT 1)"
ONE_ACTIVE_USER = (
    "(SELECT u.id FROM users u JOIN api_keys k ON k.user_id = u.id"
    " WHERE NOT u.deleted AND NOT u.is_system AND u.status = 'active' ORDER BY u.id LIMIT 1)"
)
ONE_LIVE_TEMPLATE = "(SELECT id FROM templates WHERE NOT deleted ORDER BY id LIMIT 1)"

CORRUPTIONS: dict[str, str] = {
    "A01_schema_migrations_clean": "UPDATE schema_migrations SET dirty = true",
    "A03_not_coder_v1": "CREATE TABLE migration_cursor (version int)",
    "A04_core_tables_present": "ALTER TABLE workspace_proxies RENAME TO workspace_proxies_gone",
    "A05_invalid_indexes": "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_pkey'::regclass",
    "A06_unvalidated_constraints": "ALTER TABLE files ADD CONSTRAINT doubtful CHECK (true) NOT VALID",
    "A07_disabled_triggers": "ALTER TABLE workspace_builds DISABLE TRIGGER ALL",
    "A08_collation_version_mismatch": (
        "UPDATE pg_database SET datcollversion = 'another libc' WHERE datname = current_database()"
    ),
    "A13_nothing_after_recovery_point": f"UPDATE audit_logs SET \"time\" = {AS_OF} + interval '6 minutes'",
    "B01_users_active": "UPDATE users SET status = 'suspended' WHERE NOT is_system",
    "B02_owner_exists": "UPDATE users SET rbac_roles = array_remove(rbac_roles, 'owner')",
    "B03_duplicate_emails": (
        "DROP INDEX users_email_lower_idx;"
        " UPDATE users SET email = 'same@example.com' WHERE id IN (SELECT id FROM users WHERE NOT deleted LIMIT 2)"
    ),
    "B04_users_without_organization": f"DELETE FROM organization_members WHERE user_id = {ONE_ACTIVE_USER}",
    "B05_deleted_users_with_credentials": f"UPDATE users SET deleted = true WHERE id = {ONE_ACTIVE_USER}",
    "B06_sso_users_without_link": "DELETE FROM user_links",
    "B07_default_organization": "UPDATE organizations SET is_default = false",
    "B08_everyone_group_per_organization": "DELETE FROM groups WHERE id IN (SELECT id FROM organizations)",
    "B09_orphan_group_members": "UPDATE group_members SET user_id = gen_random_uuid()",
    "B10_group_members_outside_organization": "DELETE FROM organization_members",
    "C01_templates_live": "UPDATE templates SET deleted = true",
    "C02_template_active_version_missing": (
        f"UPDATE templates SET active_version_id = gen_random_uuid() WHERE id = {ONE_LIVE_TEMPLATE}"
    ),
    "C03_template_active_version_archived": "UPDATE template_versions SET archived = true",
    "C04_template_version_job_missing": (
        "UPDATE template_versions SET job_id = gen_random_uuid() WHERE id = (SELECT id FROM template_versions LIMIT 1)"
    ),
    "C05_active_version_source_missing": "UPDATE files SET data = ''",
    "C06_active_version_import_not_succeeded": (
        "UPDATE provisioner_jobs SET error = 'failed' WHERE type = 'template_version_import'"
    ),
    "C07_template_acl_dangling": (
        "UPDATE templates SET group_acl = jsonb_build_object(gen_random_uuid(), '[\"read\"]'::jsonb)"
        f" WHERE id = {ONE_LIVE_TEMPLATE}"
    ),
    "D02_workspaces_without_build": f"DELETE FROM workspace_builds WHERE workspace_id = {ONE_LIVE_WORKSPACE}",
    "D03_latest_build_wrong_template": (
        "UPDATE workspaces w SET template_id = (SELECT t.id FROM templates t WHERE t.id <> w.template_id LIMIT 1)"
        f" WHERE w.id = {ONE_LIVE_WORKSPACE}"
    ),
    "D04_build_number_gaps": (
        f"UPDATE workspace_builds SET build_number = build_number + 100 WHERE workspace_id = {ONE_LIVE_WORKSPACE}"
    ),
    "D05_workspace_of_deleted_owner_or_template": "UPDATE templates SET deleted = true",
    "D06_running_without_terraform_state": "UPDATE workspace_builds SET provisioner_state = NULL",
    "D07_deleted_flag_mismatch": f"UPDATE workspaces SET deleted = NOT deleted WHERE id = {ONE_LIVE_WORKSPACE}",
    "D09_overdue_autostop": f"UPDATE workspace_builds SET deadline = {AS_OF} - interval '1 hour'",
    "E02_jobs_pending_over_30m": (
        "UPDATE provisioner_jobs SET started_at = NULL, completed_at = NULL, canceled_at = NULL,"
        f" updated_at = {AS_OF} - interval '31 minutes' WHERE id = (SELECT id FROM provisioner_jobs LIMIT 1)"
    ),
    "E03_jobs_hung_over_5m": (
        f"UPDATE provisioner_jobs SET started_at = {AS_OF} - interval '1 hour', completed_at = NULL,"
        f" updated_at = {AS_OF} - interval '6 minutes' WHERE id = (SELECT id FROM provisioner_jobs LIMIT 1)"
    ),
    "E04_job_of_build_missing_or_wrong_type": (
        "UPDATE provisioner_jobs SET type = 'template_version_import' WHERE type = 'workspace_build'"
    ),
    "E05_jobs_without_matching_provisioner": (
        "UPDATE provisioner_jobs SET started_at = NULL, completed_at = NULL, canceled_at = NULL,"
        ' tags = \'{"scope": "organization", "region": "nowhere"}\''
        " WHERE id = (SELECT id FROM provisioner_jobs LIMIT 1)"
    ),
    "E06_provisioner_daemons_alive": "DELETE FROM provisioner_daemons",
    "F01_license_valid": f"UPDATE licenses SET exp = {AS_OF} - interval '1 second'",
    "F02_license_jwt_wellformed": "UPDATE licenses SET jwt = 'torn'",
    "F03_site_config_identity": "DELETE FROM site_configs WHERE key = 'deployment_id'",
    "F04_crypto_keys_usable": f"UPDATE crypto_keys SET deletes_at = {AS_OF} WHERE feature = 'oidc_convert'",
    "F06_encrypted_rows_with_unknown_key": "UPDATE user_links SET oauth_access_token_key_id = 'f00f00f'",
    "F07_external_auth_links_of_missing_user": (
        "INSERT INTO external_auth_links (provider_id, user_id, created_at, updated_at, oauth_access_token,"
        " oauth_refresh_token, oauth_expiry) VALUES ('github', gen_random_uuid(), now(), now(), '', '', now())"
    ),
    "F08_users_without_gitsshkey": f"DELETE FROM gitsshkeys WHERE user_id = {ONE_ACTIVE_USER}",
}
