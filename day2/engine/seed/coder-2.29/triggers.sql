-- Triggers that checks and later changes rely on, doing what Coder 2.29's do.

-- A user who is marked deleted loses every way to sign in.
CREATE FUNCTION delete_deleted_user_resources() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM api_keys WHERE user_id = NEW.id;
    DELETE FROM user_links WHERE user_id = NEW.id;
    RETURN NEW;
END $$;

CREATE TRIGGER trigger_update_users AFTER INSERT OR UPDATE ON users
    FOR EACH ROW WHEN (NEW.deleted) EXECUTE FUNCTION delete_deleted_user_resources();

-- And gets none back.
CREATE FUNCTION insert_apikey_fail_if_user_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleted) THEN
        RAISE EXCEPTION 'user % is deleted: no API key can be made', NEW.user_id;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER trigger_insert_apikeys BEFORE INSERT ON api_keys
    FOR EACH ROW EXECUTE FUNCTION insert_apikey_fail_if_user_deleted();

CREATE FUNCTION insert_user_links_fail_if_user_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleted) THEN
        RAISE EXCEPTION 'user % is deleted: no login link can be made', NEW.user_id;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER trigger_upsert_user_links BEFORE INSERT OR UPDATE ON user_links
    FOR EACH ROW EXECUTE FUNCTION insert_user_links_fail_if_user_deleted();

-- Groups hold members of their own organization only.
CREATE FUNCTION delete_group_members_on_org_member_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM group_members m USING groups g
    WHERE g.id = m.group_id AND m.user_id = OLD.user_id AND g.organization_id = OLD.organization_id;
    RETURN OLD;
END $$;

CREATE TRIGGER trigger_delete_group_members_on_org_member_delete BEFORE DELETE ON organization_members
    FOR EACH ROW EXECUTE FUNCTION delete_group_members_on_org_member_delete();

-- The history of user_status_changes writes itself.
CREATE FUNCTION record_user_status_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.status IS DISTINCT FROM NEW.status THEN
        INSERT INTO user_status_changes (user_id, new_status, changed_at) VALUES (NEW.id, NEW.status, NEW.updated_at);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER user_status_change_trigger AFTER INSERT OR UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION record_user_status_change();

-- Another schedule, or dormancy, makes the computed next start stale.
CREATE FUNCTION nullify_next_start_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.next_start_at = NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER trigger_nullify_next_start_at_on_workspace_autostart_modificati BEFORE UPDATE ON workspaces
    FOR EACH ROW WHEN (NEW.next_start_at IS NOT NULL AND (
        NEW.autostart_schedule IS DISTINCT FROM OLD.autostart_schedule
        OR (NEW.dormant_at IS NOT NULL AND OLD.dormant_at IS NULL)))
    EXECUTE FUNCTION nullify_next_start_at();
