-- Primary keys, unique constraints and indexes, as in Coder 2.29 (migration 401). Tables in descending size:
-- the loader hands them out to its connections in this order, a table at a time.

ALTER TABLE audit_logs ADD PRIMARY KEY (id);
CREATE INDEX idx_audit_log_organization_id ON audit_logs (organization_id);
CREATE INDEX idx_audit_log_resource_id ON audit_logs (resource_id);
CREATE INDEX idx_audit_log_user_id ON audit_logs (user_id);
CREATE INDEX idx_audit_logs_time_desc ON audit_logs ("time" DESC);

ALTER TABLE provisioner_job_logs ADD PRIMARY KEY (id);
CREATE INDEX provisioner_job_logs_id_job_id_idx ON provisioner_job_logs (job_id, id);

ALTER TABLE workspace_builds ADD UNIQUE (job_id);
ALTER TABLE workspace_builds ADD PRIMARY KEY (id);
ALTER TABLE workspace_builds ADD UNIQUE (workspace_id, build_number);
CREATE INDEX idx_workspace_builds_initiator_id ON workspace_builds (initiator_id);

ALTER TABLE provisioner_jobs ADD PRIMARY KEY (id);
CREATE INDEX idx_provisioner_jobs_status ON provisioner_jobs (job_status);
CREATE INDEX provisioner_jobs_started_at_idx ON provisioner_jobs (started_at) WHERE started_at IS NULL;

ALTER TABLE workspace_resources ADD PRIMARY KEY (id);
CREATE INDEX workspace_resources_job_id_idx ON workspace_resources (job_id);

ALTER TABLE workspace_apps ADD UNIQUE (agent_id, slug);
ALTER TABLE workspace_apps ADD PRIMARY KEY (id);

ALTER TABLE connection_logs ADD PRIMARY KEY (id);
CREATE INDEX idx_connection_logs_connect_time_desc ON connection_logs (connect_time DESC);
CREATE UNIQUE INDEX idx_connection_logs_connection_id_workspace_id_agent_name
    ON connection_logs (connection_id, workspace_id, agent_name);
CREATE INDEX idx_connection_logs_organization_id ON connection_logs (organization_id);
CREATE INDEX idx_connection_logs_workspace_id ON connection_logs (workspace_id);
CREATE INDEX idx_connection_logs_workspace_owner_id ON connection_logs (workspace_owner_id);

ALTER TABLE workspace_agents ADD PRIMARY KEY (id);
CREATE INDEX workspace_agents_auth_token_idx ON workspace_agents (auth_token);
CREATE INDEX workspace_agents_resource_id_idx ON workspace_agents (resource_id);

ALTER TABLE workspace_build_parameters ADD UNIQUE (workspace_build_id, name);

ALTER TABLE api_keys ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX idx_api_key_name ON api_keys (user_id, token_name) WHERE login_type = 'token';
CREATE INDEX idx_api_keys_user ON api_keys (user_id);

ALTER TABLE crypto_keys ADD PRIMARY KEY (feature, sequence);

ALTER TABLE custom_roles ADD UNIQUE (name, organization_id);
CREATE INDEX idx_custom_roles_id ON custom_roles (id);
CREATE UNIQUE INDEX idx_custom_roles_name_lower_organization_id
    ON custom_roles (lower(name), COALESCE(organization_id, '00000000-0000-0000-0000-000000000000'));

ALTER TABLE dbcrypt_keys ADD UNIQUE (active_key_digest);
ALTER TABLE dbcrypt_keys ADD PRIMARY KEY (number);
ALTER TABLE dbcrypt_keys ADD UNIQUE (revoked_key_digest);

ALTER TABLE external_auth_links ADD UNIQUE (provider_id, user_id);

ALTER TABLE files ADD UNIQUE (hash, created_by);
ALTER TABLE files ADD PRIMARY KEY (id);

ALTER TABLE gitsshkeys ADD PRIMARY KEY (user_id);

ALTER TABLE group_members ADD UNIQUE (user_id, group_id);

ALTER TABLE groups ADD UNIQUE (name, organization_id);
ALTER TABLE groups ADD PRIMARY KEY (id);

ALTER TABLE licenses ADD UNIQUE (jwt);
ALTER TABLE licenses ADD PRIMARY KEY (id);

ALTER TABLE notification_messages ADD PRIMARY KEY (id);
CREATE INDEX idx_notification_messages_status ON notification_messages (status);
CREATE UNIQUE INDEX notification_messages_dedupe_hash_idx ON notification_messages (dedupe_hash);

ALTER TABLE notification_templates ADD PRIMARY KEY (id);
ALTER TABLE notification_templates ADD UNIQUE (name);

ALTER TABLE organization_members ADD PRIMARY KEY (organization_id, user_id);
CREATE INDEX idx_organization_member_organization_id_uuid ON organization_members (organization_id);
CREATE INDEX idx_organization_member_user_id_uuid ON organization_members (user_id);

ALTER TABLE organizations ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX idx_organization_name_lower ON organizations (lower(name)) WHERE NOT deleted;
CREATE UNIQUE INDEX organizations_single_default_org ON organizations (is_default) WHERE is_default;

ALTER TABLE provisioner_daemons ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX idx_provisioner_daemons_org_name_owner_key
    ON provisioner_daemons (organization_id, name, lower(COALESCE(tags ->> 'owner', '')));

ALTER TABLE provisioner_keys ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX provisioner_keys_organization_id_name_idx ON provisioner_keys (organization_id, lower(name));

ALTER TABLE schema_migrations ADD PRIMARY KEY (version);

ALTER TABLE site_configs ADD UNIQUE (key);

ALTER TABLE tailnet_coordinators ADD PRIMARY KEY (id);

ALTER TABLE template_version_preset_parameters ADD PRIMARY KEY (id);
ALTER TABLE template_version_preset_parameters ADD UNIQUE (template_version_preset_id, name);

ALTER TABLE template_version_presets ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX idx_template_version_presets_default ON template_version_presets (template_version_id)
    WHERE is_default;

ALTER TABLE template_versions ADD PRIMARY KEY (id);
ALTER TABLE template_versions ADD UNIQUE (template_id, name);

ALTER TABLE templates ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX templates_organization_id_name_idx ON templates (organization_id, lower(name)) WHERE NOT deleted;

ALTER TABLE user_links ADD PRIMARY KEY (user_id, login_type);
CREATE INDEX user_links_linked_id_idx ON user_links (linked_id);

ALTER TABLE user_status_changes ADD PRIMARY KEY (id);
CREATE INDEX idx_user_status_changes_changed_at ON user_status_changes (changed_at);

ALTER TABLE users ADD PRIMARY KEY (id);
CREATE INDEX idx_users_email ON users (email) WHERE NOT deleted;
CREATE INDEX idx_users_username ON users (username) WHERE NOT deleted;
CREATE UNIQUE INDEX users_email_lower_idx ON users (lower(email)) WHERE NOT deleted;
CREATE UNIQUE INDEX users_username_lower_idx ON users (lower(username)) WHERE NOT deleted;

ALTER TABLE workspace_agent_logs ADD PRIMARY KEY (id);

ALTER TABLE workspace_agent_metadata ADD PRIMARY KEY (workspace_agent_id, key);

ALTER TABLE workspace_app_audit_sessions ADD PRIMARY KEY (id);

ALTER TABLE workspace_proxies ADD PRIMARY KEY (id);
ALTER TABLE workspace_proxies ADD UNIQUE (region_id);
CREATE UNIQUE INDEX workspace_proxies_lower_name_idx ON workspace_proxies (lower(name)) WHERE NOT deleted;

ALTER TABLE workspaces ADD PRIMARY KEY (id);
CREATE INDEX workspace_next_start_at_idx ON workspaces (next_start_at) WHERE NOT deleted;
CREATE INDEX workspace_template_id_idx ON workspaces (template_id) WHERE NOT deleted;
CREATE UNIQUE INDEX workspaces_owner_id_lower_idx ON workspaces (owner_id, lower(name)) WHERE NOT deleted;
