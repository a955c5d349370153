-- Coder's database after Coder 2.29's schema (migration 401): types, sequences and bare tables.
-- Keys and indexes are in keys.sql, triggers in triggers.sql: both come after the rows, which load faster so.
-- Left out: tables that no check reads and that a small deployment leaves empty.

CREATE TYPE agent_key_scope_enum AS ENUM (
    'all', 'no_user_data'
);

CREATE TYPE api_key_scope AS ENUM (
    'coder:all', 'coder:application_connect', 'aibridge_interception:create', 'aibridge_interception:read',
    'aibridge_interception:update', 'api_key:create', 'api_key:delete', 'api_key:read', 'api_key:update',
    'assign_org_role:assign', 'assign_org_role:create', 'assign_org_role:delete', 'assign_org_role:read',
    'assign_org_role:unassign', 'assign_org_role:update', 'assign_role:assign', 'assign_role:read',
    'assign_role:unassign', 'audit_log:create', 'audit_log:read', 'connection_log:read',
    'connection_log:update', 'crypto_key:create', 'crypto_key:delete', 'crypto_key:read',
    'crypto_key:update', 'debug_info:read', 'deployment_config:read', 'deployment_config:update',
    'deployment_stats:read', 'file:create', 'file:read', 'group:create', 'group:delete', 'group:read',
    'group:update', 'group_member:read', 'idpsync_settings:read', 'idpsync_settings:update',
    'inbox_notification:create', 'inbox_notification:read', 'inbox_notification:update', 'license:create',
    'license:delete', 'license:read', 'notification_message:create', 'notification_message:delete',
    'notification_message:read', 'notification_message:update', 'notification_preference:read',
    'notification_preference:update', 'notification_template:read', 'notification_template:update',
    'oauth2_app:create', 'oauth2_app:delete', 'oauth2_app:read', 'oauth2_app:update',
    'oauth2_app_code_token:create', 'oauth2_app_code_token:delete', 'oauth2_app_code_token:read',
    'oauth2_app_secret:create', 'oauth2_app_secret:delete', 'oauth2_app_secret:read',
    'oauth2_app_secret:update', 'organization:create', 'organization:delete', 'organization:read',
    'organization:update', 'organization_member:create', 'organization_member:delete',
    'organization_member:read', 'organization_member:update', 'prebuilt_workspace:delete',
    'prebuilt_workspace:update', 'provisioner_daemon:create', 'provisioner_daemon:delete',
    'provisioner_daemon:read', 'provisioner_daemon:update', 'provisioner_jobs:create',
    'provisioner_jobs:read', 'provisioner_jobs:update', 'replicas:read', 'system:create', 'system:delete',
    'system:read', 'system:update', 'tailnet_coordinator:create', 'tailnet_coordinator:delete',
    'tailnet_coordinator:read', 'tailnet_coordinator:update', 'template:create', 'template:delete',
    'template:read', 'template:update', 'template:use', 'template:view_insights', 'usage_event:create',
    'usage_event:read', 'usage_event:update', 'user:create', 'user:delete', 'user:read',
    'user:read_personal', 'user:update', 'user:update_personal', 'user_secret:create', 'user_secret:delete',
    'user_secret:read', 'user_secret:update', 'webpush_subscription:create', 'webpush_subscription:delete',
    'webpush_subscription:read', 'workspace:application_connect', 'workspace:create',
    'workspace:create_agent', 'workspace:delete', 'workspace:delete_agent', 'workspace:read',
    'workspace:ssh', 'workspace:start', 'workspace:stop', 'workspace:update',
    'workspace_agent_devcontainers:create', 'workspace_agent_resource_monitor:create',
    'workspace_agent_resource_monitor:read', 'workspace_agent_resource_monitor:update',
    'workspace_dormant:application_connect', 'workspace_dormant:create', 'workspace_dormant:create_agent',
    'workspace_dormant:delete', 'workspace_dormant:delete_agent', 'workspace_dormant:read',
    'workspace_dormant:ssh', 'workspace_dormant:start', 'workspace_dormant:stop', 'workspace_dormant:update',
    'workspace_proxy:create', 'workspace_proxy:delete', 'workspace_proxy:read', 'workspace_proxy:update',
    'coder:workspaces.create', 'coder:workspaces.operate', 'coder:workspaces.delete',
    'coder:workspaces.access', 'coder:templates.build', 'coder:templates.author',
    'coder:apikeys.manage_self', 'aibridge_interception:*', 'api_key:*', 'assign_org_role:*',
    'assign_role:*', 'audit_log:*', 'connection_log:*', 'crypto_key:*', 'debug_info:*',
    'deployment_config:*', 'deployment_stats:*', 'file:*', 'group:*', 'group_member:*', 'idpsync_settings:*',
    'inbox_notification:*', 'license:*', 'notification_message:*', 'notification_preference:*',
    'notification_template:*', 'oauth2_app:*', 'oauth2_app_code_token:*', 'oauth2_app_secret:*',
    'organization:*', 'organization_member:*', 'prebuilt_workspace:*', 'provisioner_daemon:*',
    'provisioner_jobs:*', 'replicas:*', 'system:*', 'tailnet_coordinator:*', 'template:*', 'usage_event:*',
    'user:*', 'user_secret:*', 'webpush_subscription:*', 'workspace:*', 'workspace_agent_devcontainers:*',
    'workspace_agent_resource_monitor:*', 'workspace_dormant:*', 'workspace_proxy:*', 'task:create',
    'task:read', 'task:update', 'task:delete', 'task:*', 'workspace:share', 'workspace_dormant:share'
);

CREATE TYPE app_sharing_level AS ENUM (
    'owner', 'authenticated', 'organization', 'public'
);

CREATE TYPE audit_action AS ENUM (
    'create', 'write', 'delete', 'start', 'stop', 'login', 'logout', 'register', 'request_password_reset',
    'connect', 'disconnect', 'open', 'close'
);

CREATE TYPE automatic_updates AS ENUM (
    'always', 'never'
);

CREATE TYPE build_reason AS ENUM (
    'initiator', 'autostart', 'autostop', 'dormancy', 'failedstop', 'autodelete', 'dashboard', 'cli',
    'ssh_connection', 'vscode_connection', 'jetbrains_connection'
);

CREATE TYPE connection_type AS ENUM (
    'ssh', 'vscode', 'jetbrains', 'reconnecting_pty', 'workspace_app', 'port_forwarding'
);

CREATE TYPE cors_behavior AS ENUM (
    'simple', 'passthru'
);

CREATE TYPE crypto_key_feature AS ENUM (
    'workspace_apps_token', 'workspace_apps_api_key', 'oidc_convert', 'tailnet_resume'
);

CREATE TYPE display_app AS ENUM (
    'vscode', 'vscode_insiders', 'web_terminal', 'ssh_helper', 'port_forwarding_helper'
);

CREATE TYPE group_source AS ENUM (
    'user', 'oidc'
);

CREATE TYPE log_level AS ENUM (
    'trace', 'debug', 'info', 'warn', 'error'
);

CREATE TYPE log_source AS ENUM (
    'provisioner_daemon', 'provisioner'
);

CREATE TYPE login_type AS ENUM (
    'password', 'github', 'oidc', 'token', 'none', 'oauth2_provider_app'
);

CREATE TYPE notification_message_status AS ENUM (
    'pending', 'leased', 'sent', 'permanent_failure', 'temporary_failure', 'unknown', 'inhibited'
);

CREATE TYPE notification_method AS ENUM (
    'smtp', 'webhook', 'inbox'
);

CREATE TYPE prebuild_status AS ENUM (
    'healthy', 'hard_limited', 'validation_failed'
);

CREATE TYPE notification_template_kind AS ENUM (
    'system', 'custom'
);

CREATE TYPE provisioner_job_status AS ENUM (
    'pending', 'running', 'succeeded', 'canceling', 'canceled', 'failed', 'unknown'
);

CREATE TYPE provisioner_job_type AS ENUM (
    'template_version_import', 'workspace_build', 'template_version_dry_run'
);

CREATE TYPE provisioner_storage_method AS ENUM (
    'file'
);

CREATE TYPE provisioner_type AS ENUM (
    'echo', 'terraform'
);

CREATE TYPE resource_type AS ENUM (
    'organization', 'template', 'template_version', 'user', 'workspace', 'git_ssh_key', 'api_key', 'group',
    'workspace_build', 'license', 'workspace_proxy', 'convert_login', 'health_settings',
    'oauth2_provider_app', 'oauth2_provider_app_secret', 'custom_role', 'organization_member',
    'notifications_settings', 'notification_template', 'idp_sync_settings_organization',
    'idp_sync_settings_group', 'idp_sync_settings_role', 'workspace_agent', 'workspace_app',
    'prebuilds_settings', 'task'
);

CREATE TYPE user_status AS ENUM (
    'active', 'suspended', 'dormant'
);

CREATE TYPE workspace_agent_lifecycle_state AS ENUM (
    'created', 'starting', 'start_timeout', 'start_error', 'ready', 'shutting_down', 'shutdown_timeout',
    'shutdown_error', 'off'
);

CREATE TYPE workspace_agent_subsystem AS ENUM (
    'envbuilder', 'envbox', 'none', 'exectrace'
);

CREATE TYPE workspace_app_health AS ENUM (
    'disabled', 'initializing', 'healthy', 'unhealthy'
);

CREATE TYPE workspace_app_open_in AS ENUM (
    'tab', 'window', 'slim-window'
);

CREATE TYPE workspace_transition AS ENUM (
    'start', 'stop', 'delete'
);

CREATE SEQUENCE licenses_id_seq AS integer;
CREATE SEQUENCE provisioner_job_logs_id_seq AS bigint;
CREATE SEQUENCE workspace_agent_logs_id_seq AS bigint;
CREATE SEQUENCE workspace_proxies_region_id_seq AS integer;

CREATE TABLE api_keys (
    id               text NOT NULL,
    hashed_secret    bytea NOT NULL,
    user_id          uuid NOT NULL,
    last_used        timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    login_type       login_type NOT NULL,
    lifetime_seconds bigint NOT NULL DEFAULT 86400,
    ip_address       inet NOT NULL DEFAULT '0.0.0.0',
    token_name       text NOT NULL DEFAULT '',
    scopes           api_key_scope[] NOT NULL,
    allow_list       text[] NOT NULL
);

CREATE TABLE audit_logs (
    id                uuid NOT NULL,
    "time"            timestamptz NOT NULL,
    user_id           uuid NOT NULL,
    organization_id   uuid NOT NULL,
    ip                inet,
    user_agent        varchar,
    resource_type     resource_type NOT NULL,
    resource_id       uuid NOT NULL,
    resource_target   text NOT NULL,
    action            audit_action NOT NULL,
    diff              jsonb NOT NULL,
    status_code       integer NOT NULL,
    additional_fields jsonb NOT NULL,
    request_id        uuid NOT NULL,
    resource_icon     text NOT NULL
);

CREATE TABLE connection_logs (
    id                 uuid NOT NULL,
    connect_time       timestamptz NOT NULL,
    organization_id    uuid NOT NULL,
    workspace_owner_id uuid NOT NULL,
    workspace_id       uuid NOT NULL,
    workspace_name     text NOT NULL,
    agent_name         text NOT NULL,
    type               connection_type NOT NULL,
    ip                 inet,
    code               integer,
    user_agent         text,
    user_id            uuid,
    slug_or_port       text,
    connection_id      uuid,
    disconnect_time    timestamptz,
    disconnect_reason  text
);

CREATE TABLE crypto_keys (
    feature       crypto_key_feature NOT NULL,
    sequence      integer NOT NULL,
    secret        text,
    secret_key_id text,
    starts_at     timestamptz NOT NULL,
    deletes_at    timestamptz
);

CREATE TABLE custom_roles (
    name             text NOT NULL,
    display_name     text NOT NULL,
    site_permissions jsonb NOT NULL DEFAULT '[]',
    org_permissions  jsonb NOT NULL DEFAULT '{}',
    user_permissions jsonb NOT NULL DEFAULT '[]',
    created_at       timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at       timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    organization_id  uuid,
    id               uuid NOT NULL DEFAULT gen_random_uuid()
);

CREATE TABLE dbcrypt_keys (
    number             integer NOT NULL,
    active_key_digest  text,
    revoked_key_digest text,
    created_at         timestamptz DEFAULT CURRENT_TIMESTAMP,
    revoked_at         timestamptz,
    test               text NOT NULL
);

CREATE TABLE external_auth_links (
    provider_id                  text NOT NULL,
    user_id                      uuid NOT NULL,
    created_at                   timestamptz NOT NULL,
    updated_at                   timestamptz NOT NULL,
    oauth_access_token           text NOT NULL,
    oauth_refresh_token          text NOT NULL,
    oauth_expiry                 timestamptz NOT NULL,
    oauth_access_token_key_id    text,
    oauth_refresh_token_key_id   text,
    oauth_extra                  jsonb,
    oauth_refresh_failure_reason text NOT NULL DEFAULT ''
);

CREATE TABLE files (
    hash       varchar NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL,
    mimetype   varchar NOT NULL,
    data       bytea NOT NULL,
    id         uuid NOT NULL DEFAULT gen_random_uuid()
);

CREATE TABLE gitsshkeys (
    user_id     uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    private_key text NOT NULL,
    public_key  text NOT NULL
);

CREATE TABLE group_members (
    user_id  uuid NOT NULL,
    group_id uuid NOT NULL
);

CREATE TABLE groups (
    id              uuid NOT NULL,
    name            text NOT NULL,
    organization_id uuid NOT NULL,
    avatar_url      text NOT NULL DEFAULT '',
    quota_allowance integer NOT NULL DEFAULT 0,
    display_name    text NOT NULL DEFAULT '',
    source          group_source NOT NULL DEFAULT 'user'
);

CREATE TABLE licenses (
    id          integer NOT NULL DEFAULT nextval('licenses_id_seq'::regclass),
    uploaded_at timestamptz NOT NULL,
    jwt         text NOT NULL,
    exp         timestamptz NOT NULL,
    uuid        uuid NOT NULL
);

CREATE TABLE notification_messages (
    id                       uuid NOT NULL,
    notification_template_id uuid NOT NULL,
    user_id                  uuid NOT NULL,
    method                   notification_method NOT NULL,
    status                   notification_message_status NOT NULL DEFAULT 'pending',
    status_reason            text,
    created_by               text NOT NULL,
    payload                  jsonb NOT NULL,
    attempt_count            integer DEFAULT 0,
    targets                  uuid[],
    created_at               timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at               timestamptz,
    leased_until             timestamptz,
    next_retry_after         timestamptz,
    queued_seconds           double precision,
    dedupe_hash              text
);

CREATE TABLE organization_members (
    user_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    roles           text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE organizations (
    id           uuid NOT NULL,
    name         text NOT NULL,
    description  text NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    is_default   boolean NOT NULL DEFAULT false,
    display_name text NOT NULL,
    icon         text NOT NULL DEFAULT '',
    deleted      boolean NOT NULL DEFAULT false
);

CREATE TABLE provisioner_daemons (
    id              uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    name            varchar NOT NULL,
    provisioners    provisioner_type[] NOT NULL,
    replica_id      uuid,
    tags            jsonb NOT NULL DEFAULT '{}',
    last_seen_at    timestamptz,
    version         text NOT NULL DEFAULT '',
    api_version     text NOT NULL DEFAULT '1.0',
    organization_id uuid NOT NULL,
    key_id          uuid NOT NULL
);

CREATE TABLE provisioner_job_logs (
    job_id     uuid NOT NULL,
    created_at timestamptz NOT NULL,
    source     log_source NOT NULL,
    level      log_level NOT NULL,
    stage      varchar NOT NULL,
    output     varchar NOT NULL,
    id         bigint NOT NULL DEFAULT nextval('provisioner_job_logs_id_seq'::regclass)
);

CREATE TABLE provisioner_jobs (
    id              uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    started_at      timestamptz,
    canceled_at     timestamptz,
    completed_at    timestamptz,
    error           text,
    organization_id uuid NOT NULL,
    initiator_id    uuid NOT NULL,
    provisioner     provisioner_type NOT NULL,
    storage_method  provisioner_storage_method NOT NULL,
    type            provisioner_job_type NOT NULL,
    input           jsonb NOT NULL,
    worker_id       uuid,
    file_id         uuid NOT NULL,
    tags            jsonb NOT NULL DEFAULT '{"scope": "organization"}',
    error_code      text,
    trace_metadata  jsonb,
    job_status      provisioner_job_status NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN completed_at IS NOT NULL AND error <> '' THEN 'failed'::provisioner_job_status
            WHEN completed_at IS NOT NULL AND canceled_at IS NOT NULL THEN 'canceled'::provisioner_job_status
            WHEN completed_at IS NOT NULL THEN 'succeeded'::provisioner_job_status
            WHEN error <> '' THEN 'failed'::provisioner_job_status
            WHEN canceled_at IS NOT NULL THEN 'canceling'::provisioner_job_status
            WHEN started_at IS NULL THEN 'pending'::provisioner_job_status
            ELSE 'running'::provisioner_job_status
        END
    ) STORED,
    logs_length     integer NOT NULL DEFAULT 0,
    logs_overflowed boolean NOT NULL DEFAULT false
);

CREATE TABLE provisioner_keys (
    id              uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    organization_id uuid NOT NULL,
    name            varchar NOT NULL,
    hashed_secret   bytea NOT NULL,
    tags            jsonb NOT NULL
);

CREATE TABLE replicas (
    id               uuid NOT NULL,
    created_at       timestamptz NOT NULL,
    started_at       timestamptz NOT NULL,
    stopped_at       timestamptz,
    updated_at       timestamptz NOT NULL,
    hostname         text NOT NULL,
    region_id        integer NOT NULL,
    relay_address    text NOT NULL,
    database_latency integer NOT NULL,
    version          text NOT NULL,
    error            text NOT NULL DEFAULT '',
    "primary"        boolean NOT NULL DEFAULT true
);

CREATE TABLE schema_migrations (
    version bigint NOT NULL,
    dirty   boolean NOT NULL
);

CREATE TABLE site_configs (
    key   varchar NOT NULL,
    value text NOT NULL
);

CREATE TABLE tailnet_coordinators (
    id           uuid NOT NULL,
    heartbeat_at timestamptz NOT NULL
);

CREATE TABLE template_version_presets (
    id                    uuid NOT NULL DEFAULT gen_random_uuid(),
    template_version_id   uuid NOT NULL,
    name                  text NOT NULL,
    created_at            timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    desired_instances     integer,
    invalidate_after_secs integer DEFAULT 0,
    prebuild_status       prebuild_status NOT NULL DEFAULT 'healthy',
    scheduling_timezone   text NOT NULL DEFAULT '',
    is_default            boolean NOT NULL DEFAULT false,
    description           varchar NOT NULL DEFAULT '',
    icon                  varchar NOT NULL DEFAULT '',
    last_invalidated_at   timestamptz
);

CREATE TABLE template_versions (
    id                      uuid NOT NULL,
    template_id             uuid,
    organization_id         uuid NOT NULL,
    created_at              timestamptz NOT NULL,
    updated_at              timestamptz NOT NULL,
    name                    varchar NOT NULL,
    readme                  varchar NOT NULL,
    job_id                  uuid NOT NULL,
    created_by              uuid NOT NULL,
    external_auth_providers jsonb NOT NULL DEFAULT '[]',
    message                 varchar NOT NULL DEFAULT '',
    archived                boolean NOT NULL DEFAULT false,
    source_example_id       text,
    has_ai_task             boolean,
    has_external_agent      boolean
);

CREATE TABLE templates (
    id                                uuid NOT NULL,
    created_at                        timestamptz NOT NULL,
    updated_at                        timestamptz NOT NULL,
    organization_id                   uuid NOT NULL,
    deleted                           boolean NOT NULL DEFAULT false,
    name                              varchar NOT NULL,
    provisioner                       provisioner_type NOT NULL,
    active_version_id                 uuid NOT NULL,
    description                       varchar NOT NULL DEFAULT '',
    default_ttl                       bigint NOT NULL DEFAULT '604800000000000',
    created_by                        uuid NOT NULL,
    icon                              varchar NOT NULL DEFAULT '',
    user_acl                          jsonb NOT NULL DEFAULT '{}',
    group_acl                         jsonb NOT NULL DEFAULT '{}',
    display_name                      varchar NOT NULL DEFAULT '',
    allow_user_cancel_workspace_jobs  boolean NOT NULL DEFAULT true,
    allow_user_autostart              boolean NOT NULL DEFAULT true,
    allow_user_autostop               boolean NOT NULL DEFAULT true,
    failure_ttl                       bigint NOT NULL DEFAULT 0,
    time_til_dormant                  bigint NOT NULL DEFAULT 0,
    time_til_dormant_autodelete       bigint NOT NULL DEFAULT 0,
    autostop_requirement_days_of_week smallint NOT NULL DEFAULT 0,
    autostop_requirement_weeks        bigint NOT NULL DEFAULT 0,
    autostart_block_days_of_week      smallint NOT NULL DEFAULT 0,
    require_active_version            boolean NOT NULL DEFAULT false,
    deprecated                        text NOT NULL DEFAULT '',
    activity_bump                     bigint NOT NULL DEFAULT '3600000000000',
    max_port_sharing_level            app_sharing_level NOT NULL DEFAULT 'owner',
    use_classic_parameter_flow        boolean NOT NULL DEFAULT false,
    cors_behavior                     cors_behavior NOT NULL DEFAULT 'simple',
    use_terraform_workspace_cache     boolean NOT NULL DEFAULT false
);

CREATE TABLE user_links (
    user_id                    uuid NOT NULL,
    login_type                 login_type NOT NULL,
    linked_id                  text NOT NULL DEFAULT '',
    oauth_access_token         text NOT NULL DEFAULT '',
    oauth_refresh_token        text NOT NULL DEFAULT '',
    oauth_expiry               timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    oauth_access_token_key_id  text,
    oauth_refresh_token_key_id text,
    claims                     jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE user_status_changes (
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL,
    new_status user_status NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE users (
    id                           uuid NOT NULL,
    email                        text NOT NULL,
    username                     text NOT NULL DEFAULT '',
    hashed_password              bytea NOT NULL,
    created_at                   timestamptz NOT NULL,
    updated_at                   timestamptz NOT NULL,
    status                       user_status NOT NULL DEFAULT 'dormant',
    rbac_roles                   text[] NOT NULL DEFAULT '{}',
    login_type                   login_type NOT NULL DEFAULT 'password',
    avatar_url                   text NOT NULL DEFAULT '',
    deleted                      boolean NOT NULL DEFAULT false,
    last_seen_at                 timestamp NOT NULL DEFAULT '0001-01-01 00:00:00',
    quiet_hours_schedule         text NOT NULL DEFAULT '',
    name                         text NOT NULL DEFAULT '',
    github_com_user_id           bigint,
    hashed_one_time_passcode     bytea,
    one_time_passcode_expires_at timestamptz,
    is_system                    boolean NOT NULL DEFAULT false
);

CREATE TABLE workspace_agents (
    id                         uuid NOT NULL,
    created_at                 timestamptz NOT NULL,
    updated_at                 timestamptz NOT NULL,
    name                       varchar NOT NULL,
    first_connected_at         timestamptz,
    last_connected_at          timestamptz,
    disconnected_at            timestamptz,
    resource_id                uuid NOT NULL,
    auth_token                 uuid NOT NULL,
    auth_instance_id           varchar,
    architecture               varchar NOT NULL,
    environment_variables      jsonb,
    operating_system           varchar NOT NULL,
    instance_metadata          jsonb,
    resource_metadata          jsonb,
    directory                  varchar NOT NULL DEFAULT '',
    version                    text NOT NULL DEFAULT '',
    last_connected_replica_id  uuid,
    connection_timeout_seconds integer NOT NULL DEFAULT 0,
    troubleshooting_url        text NOT NULL DEFAULT '',
    motd_file                  text NOT NULL DEFAULT '',
    lifecycle_state            workspace_agent_lifecycle_state NOT NULL DEFAULT 'created',
    expanded_directory         varchar NOT NULL DEFAULT '',
    logs_length                integer NOT NULL DEFAULT 0,
    logs_overflowed            boolean NOT NULL DEFAULT false,
    started_at                 timestamptz,
    ready_at                   timestamptz,
    subsystems                 workspace_agent_subsystem[] DEFAULT '{}',
    display_apps               display_app[] DEFAULT '{vscode,vscode_insiders,web_terminal,ssh_helper,port_forwarding_helper}',
    api_version                text NOT NULL DEFAULT '',
    display_order              integer NOT NULL DEFAULT 0,
    parent_id                  uuid,
    api_key_scope              agent_key_scope_enum NOT NULL DEFAULT 'all',
    deleted                    boolean NOT NULL DEFAULT false
);

CREATE TABLE workspace_apps (
    id                    uuid NOT NULL,
    created_at            timestamptz NOT NULL,
    agent_id              uuid NOT NULL,
    display_name          varchar NOT NULL,
    icon                  varchar NOT NULL,
    command               varchar,
    url                   varchar,
    healthcheck_url       text NOT NULL DEFAULT '',
    healthcheck_interval  integer NOT NULL DEFAULT 0,
    healthcheck_threshold integer NOT NULL DEFAULT 0,
    health                workspace_app_health NOT NULL DEFAULT 'disabled',
    subdomain             boolean NOT NULL DEFAULT false,
    sharing_level         app_sharing_level NOT NULL DEFAULT 'owner',
    slug                  text NOT NULL,
    external              boolean NOT NULL DEFAULT false,
    display_order         integer NOT NULL DEFAULT 0,
    hidden                boolean NOT NULL DEFAULT false,
    open_in               workspace_app_open_in NOT NULL DEFAULT 'slim-window',
    display_group         text,
    tooltip               varchar NOT NULL DEFAULT ''
);

CREATE TABLE workspace_builds (
    id                         uuid NOT NULL,
    created_at                 timestamptz NOT NULL,
    updated_at                 timestamptz NOT NULL,
    workspace_id               uuid NOT NULL,
    template_version_id        uuid NOT NULL,
    build_number               integer NOT NULL,
    transition                 workspace_transition NOT NULL,
    initiator_id               uuid NOT NULL,
    provisioner_state          bytea,
    job_id                     uuid NOT NULL,
    deadline                   timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    reason                     build_reason NOT NULL DEFAULT 'initiator',
    daily_cost                 integer NOT NULL DEFAULT 0,
    max_deadline               timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    template_version_preset_id uuid,
    has_ai_task                boolean,
    has_external_agent         boolean
);

CREATE TABLE workspace_proxies (
    id                  uuid NOT NULL,
    name                text NOT NULL,
    display_name        text NOT NULL,
    icon                text NOT NULL,
    url                 text NOT NULL,
    wildcard_hostname   text NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    deleted             boolean NOT NULL,
    token_hashed_secret bytea NOT NULL,
    region_id           integer NOT NULL DEFAULT nextval('workspace_proxies_region_id_seq'::regclass),
    derp_enabled        boolean NOT NULL DEFAULT true,
    derp_only           boolean NOT NULL DEFAULT false,
    version             text NOT NULL DEFAULT ''
);

CREATE TABLE workspace_resources (
    id            uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    job_id        uuid NOT NULL,
    transition    workspace_transition NOT NULL,
    type          varchar NOT NULL,
    name          varchar NOT NULL,
    hide          boolean NOT NULL DEFAULT false,
    icon          varchar NOT NULL DEFAULT '',
    instance_type varchar,
    daily_cost    integer NOT NULL DEFAULT 0,
    module_path   text
);

CREATE TABLE workspaces (
    id                 uuid NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    owner_id           uuid NOT NULL,
    organization_id    uuid NOT NULL,
    template_id        uuid NOT NULL,
    deleted            boolean NOT NULL DEFAULT false,
    name               varchar NOT NULL,
    autostart_schedule text,
    ttl                bigint,
    last_used_at       timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    dormant_at         timestamptz,
    deleting_at        timestamptz,
    automatic_updates  automatic_updates NOT NULL DEFAULT 'never',
    favorite           boolean NOT NULL DEFAULT false,
    next_start_at      timestamptz,
    group_acl          jsonb NOT NULL DEFAULT '{}',
    user_acl           jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE notification_templates (
    id                 uuid NOT NULL,
    name               text NOT NULL,
    title_template     text NOT NULL,
    body_template      text NOT NULL,
    actions            jsonb,
    "group"            text,
    method             notification_method,
    kind               notification_template_kind NOT NULL DEFAULT 'system',
    enabled_by_default boolean NOT NULL DEFAULT true
);

CREATE TABLE template_version_preset_parameters (
    id                         uuid NOT NULL DEFAULT gen_random_uuid(),
    template_version_preset_id uuid NOT NULL,
    name                       text NOT NULL,
    value                      text NOT NULL
);

CREATE TABLE workspace_build_parameters (
    workspace_build_id uuid NOT NULL,
    name               text NOT NULL,
    value              text NOT NULL
);

-- Unlogged: what agents report by the second. PostgreSQL empties these in crash recovery, so after a restore.

CREATE UNLOGGED TABLE workspace_agent_logs (
    agent_id      uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    output        varchar(1024) NOT NULL,
    id            bigint NOT NULL DEFAULT nextval('workspace_agent_logs_id_seq'::regclass),
    level         log_level NOT NULL DEFAULT 'info',
    log_source_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);

CREATE UNLOGGED TABLE workspace_agent_metadata (
    workspace_agent_id uuid NOT NULL,
    display_name       varchar(127) NOT NULL,
    key                varchar(127) NOT NULL,
    script             varchar(65535) NOT NULL,
    value              varchar(65535) NOT NULL DEFAULT '',
    error              varchar(65535) NOT NULL DEFAULT '',
    timeout            bigint NOT NULL,
    interval           bigint NOT NULL,
    collected_at       timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    display_order      integer NOT NULL DEFAULT 0
);

CREATE UNLOGGED TABLE workspace_app_audit_sessions (
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    agent_id     uuid NOT NULL,
    app_id       uuid NOT NULL,
    user_id      uuid NOT NULL,
    ip           text NOT NULL,
    user_agent   text NOT NULL,
    slug_or_port text NOT NULL,
    status_code  integer NOT NULL,
    started_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);

ALTER SEQUENCE licenses_id_seq OWNED BY licenses.id;
ALTER SEQUENCE provisioner_job_logs_id_seq OWNED BY provisioner_job_logs.id;
ALTER SEQUENCE workspace_agent_logs_id_seq OWNED BY workspace_agent_logs.id;
ALTER SEQUENCE workspace_proxies_region_id_seq OWNED BY workspace_proxies.region_id;

INSERT INTO schema_migrations (version, dirty) VALUES (401, false);
