-- Foreign keys, as in Coder 2.29 (migration 401).
-- None guards templates.active_version_id, template_versions.job_id, workspace_builds.initiator_id,
-- provisioner_jobs.file_id, initiator_id and worker_id, external_auth_links.user_id, or any column of audit_logs,
-- and none is added here: checks exist because Coder leaves these open.

ALTER TABLE provisioner_job_logs ADD FOREIGN KEY (job_id) REFERENCES provisioner_jobs(id) ON DELETE CASCADE;

ALTER TABLE workspace_builds ADD FOREIGN KEY (job_id) REFERENCES provisioner_jobs(id) ON DELETE CASCADE;
ALTER TABLE workspace_builds ADD FOREIGN KEY (template_version_id) REFERENCES template_versions(id) ON DELETE CASCADE;
ALTER TABLE workspace_builds ADD FOREIGN KEY (template_version_preset_id) REFERENCES template_version_presets(id)
    ON DELETE SET NULL;
ALTER TABLE workspace_builds ADD FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;

ALTER TABLE provisioner_jobs ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;

ALTER TABLE workspace_resources ADD FOREIGN KEY (job_id) REFERENCES provisioner_jobs(id) ON DELETE CASCADE;

ALTER TABLE workspace_apps ADD FOREIGN KEY (agent_id) REFERENCES workspace_agents(id) ON DELETE CASCADE;

ALTER TABLE connection_logs ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
ALTER TABLE connection_logs ADD FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
ALTER TABLE connection_logs ADD FOREIGN KEY (workspace_owner_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE workspace_agents ADD FOREIGN KEY (parent_id) REFERENCES workspace_agents(id) ON DELETE CASCADE;
ALTER TABLE workspace_agents ADD FOREIGN KEY (resource_id) REFERENCES workspace_resources(id) ON DELETE CASCADE;

ALTER TABLE workspace_build_parameters ADD FOREIGN KEY (workspace_build_id) REFERENCES workspace_builds(id)
    ON DELETE CASCADE;

ALTER TABLE api_keys ADD FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE crypto_keys ADD FOREIGN KEY (secret_key_id) REFERENCES dbcrypt_keys(active_key_digest);

ALTER TABLE external_auth_links ADD FOREIGN KEY (oauth_access_token_key_id) REFERENCES dbcrypt_keys(active_key_digest);
ALTER TABLE external_auth_links ADD FOREIGN KEY (oauth_refresh_token_key_id) REFERENCES dbcrypt_keys(active_key_digest);

ALTER TABLE gitsshkeys ADD FOREIGN KEY (user_id) REFERENCES users(id);

ALTER TABLE group_members ADD FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE group_members ADD FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE groups ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;

ALTER TABLE notification_messages ADD FOREIGN KEY (notification_template_id) REFERENCES notification_templates(id)
    ON DELETE CASCADE;
ALTER TABLE notification_messages ADD FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE organization_members ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
ALTER TABLE organization_members ADD FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE provisioner_daemons ADD FOREIGN KEY (key_id) REFERENCES provisioner_keys(id) ON DELETE CASCADE;
ALTER TABLE provisioner_daemons ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;

ALTER TABLE provisioner_keys ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;

ALTER TABLE template_version_preset_parameters ADD FOREIGN KEY (template_version_preset_id)
    REFERENCES template_version_presets(id) ON DELETE CASCADE;

ALTER TABLE template_version_presets ADD FOREIGN KEY (template_version_id) REFERENCES template_versions(id)
    ON DELETE CASCADE;

ALTER TABLE template_versions ADD FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE RESTRICT;
ALTER TABLE template_versions ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
ALTER TABLE template_versions ADD FOREIGN KEY (template_id) REFERENCES templates(id) ON DELETE CASCADE;

ALTER TABLE templates ADD FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE RESTRICT;
ALTER TABLE templates ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;

ALTER TABLE user_links ADD FOREIGN KEY (oauth_access_token_key_id) REFERENCES dbcrypt_keys(active_key_digest);
ALTER TABLE user_links ADD FOREIGN KEY (oauth_refresh_token_key_id) REFERENCES dbcrypt_keys(active_key_digest);
ALTER TABLE user_links ADD FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE user_status_changes ADD FOREIGN KEY (user_id) REFERENCES users(id);

ALTER TABLE workspace_agent_logs ADD FOREIGN KEY (agent_id) REFERENCES workspace_agents(id) ON DELETE CASCADE;

ALTER TABLE workspace_agent_metadata ADD FOREIGN KEY (workspace_agent_id) REFERENCES workspace_agents(id)
    ON DELETE CASCADE;

ALTER TABLE workspace_app_audit_sessions ADD FOREIGN KEY (agent_id) REFERENCES workspace_agents(id) ON DELETE CASCADE;

ALTER TABLE workspaces ADD FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE RESTRICT;
ALTER TABLE workspaces ADD FOREIGN KEY (owner_id) REFERENCES users(id) ON DELETE RESTRICT;
ALTER TABLE workspaces ADD FOREIGN KEY (template_id) REFERENCES templates(id) ON DELETE RESTRICT;
