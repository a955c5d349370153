"""The one door to what MiniStack keeps itself: tags, groups, versions, keys, secrets. Its stores are private names."""
# ruff: noqa: SLF001

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from ministack.services import kms, rds, secretsmanager, tagging

Tags = list[dict[str, str]]


def install(calls: Mapping[str, Any]) -> None:
    """Put `calls` in the place of MiniStack's, and let IAM see the tags of RDS resources."""
    rds._ACTION_MAP.update(calls)
    tagging._RESOURCE_TAG_COLLECTORS["rds"] = _all_tags


def set_tags(arn: str, tags: Tags) -> None:
    """Keep a resource's tags where the tag calls and IAM look for them."""
    rds._tags[arn] = [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in tags]


def tags_of(arn: str) -> Tags:
    """A resource's tags."""
    return list(rds._tags.get(arn, []))


def forget_tags(arn: str) -> None:
    """The resource is gone."""
    rds._tags.pop(arn, None)


def move_tags(old: str, new: str) -> None:
    """The resource has another ARN."""
    if (tags := rds._tags.pop(old, None)) is not None:
        rds._tags[new] = tags


def _all_tags() -> Iterator[tuple[str, Tags]]:
    yield from list(rds._tags.items())


def subnet_group(name: str) -> dict[str, Any] | None:
    """A subnet group as the API shows it."""
    found = rds._subnet_groups.get(name)
    return dict(found) if found else None


def has_parameter_group(name: str) -> bool:
    """Whether a cluster parameter group of that name was made."""
    return name in rds._db_cluster_param_groups


def has_instance_parameter_group(name: str) -> bool:
    """Whether an instance parameter group of that name was made."""
    return name in rds._param_groups


def knows_version(version: str) -> bool:
    """Whether Aurora PostgreSQL has that version."""
    return version in rds.AURORA_POSTGRESQL_ENGINE_VERSION_SET


def default_version(engine: str) -> str:
    """The Region's default version."""
    return str(rds._default_engine_version(engine))


def enabled_key(name: str) -> str | None:
    """The ARN of a KMS key (id, ARN or alias); None when there is none or it is not enabled."""
    found = kms._resolve_key(name)
    return str(found["Arn"]) if found and found.get("KeyState") == "Enabled" else None


def new_key(description: str) -> str:
    """The ARN of a new KMS key."""
    _, _, body = kms._create_key({"Description": description})
    return str(json.loads(body)["KeyMetadata"]["Arn"])


def new_managed_secret(content: Mapping[str, str], *, description: str, tags: Tags, key: str | None) -> str:
    """The ARN of a new secret named as RDS names those that it manages."""
    arn, _ = secretsmanager._store_new_secret(
        f"rds!cluster-{uuid4()}",
        secret_string=json.dumps(dict(content)),
        description=description,
        tags=tags,
        kms_key_id=key,
    )
    return str(arn)


def set_secret(arn: str, content: Mapping[str, str]) -> None:
    """Give a managed secret another value."""
    secretsmanager.put_secret_value_in_process(arn, json.dumps(dict(content)))


def delete_secret(arn: str) -> None:
    """Delete a managed secret at once, as RDS does with its cluster."""
    secretsmanager.delete_secret_in_process(arn)
