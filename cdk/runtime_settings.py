"""`DAY2_SETTINGS`: what the functions of an environment are told, in the shape of `lambdas.settings`."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from cdk.environments import SettingsError
from cdk.names import SCALE, Names
from cdk.settings import Scaling
from lambdas import payload
from lambdas import settings as runtime

# Lambda takes 4 KB of environment variables; the rest of it is names and room for tokens that grow at deployment.
LONGEST = 3600


def document(names: Names, *, version: str, copy_group: str, verifier_group: str) -> str:
    """The JSON of `DAY2_SETTINGS`. The groups' ids may be CDK tokens.

    Raises:
        SettingsError: the settings are longer than a function's environment takes.
    """
    settings = names.settings
    told = runtime.Settings(
        environment=settings.environment,
        version=version,
        source=settings.source.cluster,
        snapshot_patterns=names.snapshot_patterns,
        prefix=settings.copy_.prefix,
        database=runtime.Database(
            name=settings.source.database,
            subnet_group=settings.copy_.subnet_group,
            security_group=copy_group,
            verifier_security_group=verifier_group,
            min_acu=settings.copy_.min_acu,
            max_acu=settings.copy_.max_acu,
            cluster_parameter_group=settings.copy_.cluster_parameter_group,
            kms_key=settings.copy_.kms_key,
            port=settings.source.port,
        ),
        objectives=runtime.Objectives(**settings.objectives.model_dump()),
        evidence=runtime.Evidence(
            bucket=names.bucket,
            table=names.table,
            topic=names.topic_arn,
            retention_days=settings.evidence.retention_days,
            object_lock=settings.evidence.object_lock,
        ),
        verification=runtime.Verification(**settings.verification.model_dump()),
        kubernetes=runtime.Kubernetes(cluster=settings.kubernetes.cluster) if settings.kubernetes else None,
        platform=_platform(names),
        restore=_restore(names),
        scaling=_scaling(names),
        on_one_machine=settings.on_one_machine,
    )
    text = json.dumps(_short(told), separators=(",", ":"))
    if len(text) > LONGEST:
        problem = (
            f"verification: the settings take {len(text)} characters, a function's environment holds {LONGEST}; "
            "shorten expect or may_shrink, source.manual_snapshots, or the holidays of scaling by those that are past"
        )
        raise SettingsError([problem], source=f"config/{settings.environment}.toml")
    return text


def _short(told: Any) -> Any:
    """The JSON form of settings without the fields that have their defaults, which whoever reads them fills in."""
    if is_dataclass(told):
        values = {field: getattr(told, field.name) for field in fields(told)}
        return {field.name: _short(value) for field, value in values.items() if value != _default(field)}
    if isinstance(told, Mapping):
        return {key: _short(value) for key, value in told.items()}
    return payload.write(told)


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _platform(names: Names) -> runtime.Platform | None:
    platform = names.settings.platform
    if platform is None:
        return None
    return runtime.Platform(**platform.model_dump(exclude={"secrets_kms_key", "database_security_groups"}))


def _restore(names: Names) -> runtime.Restore | None:
    restore = names.settings.restore
    if restore is None:
        return None
    return runtime.Restore(
        **restore.model_dump(exclude={"terraform"}),
        restored=names.restored_prefix,
        old=names.old_prefix,
        terraform=runtime.Terraform(**restore.terraform.model_dump(exclude={"runner"})),
    )


def _scaling(names: Names) -> runtime.Scaling | None:
    """Without the schedules: a function is told by its input what is due."""
    scaling = names.settings.scaling
    if scaling is None:
        return None
    return runtime.Scaling(
        groups={
            role: runtime.ScaledGroup(**group.model_dump(exclude={"schedules", "alarms"}))
            for role, group in scaling.groups.items()
        },
        control=scaling.control,
        time_zone=scaling.time_zone,
        holidays=tuple(each.isoformat() for each in scaling.all_holidays),
        machine=names.machine_arn(SCALE),
        alarms={**_our_alarms(names, scaling), **_team_alarms(scaling)},
    )


def _our_alarms(names: Names, scaling: Scaling) -> dict[str, runtime.AlarmRule]:
    """Each of them says one thing, and nothing when it is OK again."""
    rules = {}
    for role, group in scaling.groups.items():
        if group.alarms.enabled:
            rules[names.scaling_alarm(role, "out")] = runtime.AlarmRule(role=role, alarm=f"+{group.step_out}")
            rules[names.scaling_alarm(role, "in")] = runtime.AlarmRule(role=role, alarm=f"-{group.step_in}")
    return rules


def _team_alarms(scaling: Scaling) -> dict[str, runtime.AlarmRule]:
    return {
        name: runtime.AlarmRule(role=each.group, alarm=each.alarm or "", ok=each.ok or "")
        for name, each in scaling.alarms.items()
    }
