"""Aurora PostgreSQL on one machine: MiniStack's RDS calls, over PostgreSQL servers that are really backed up.

It differs from AWS where one machine cannot do otherwise: readers share the writer's server and its address, and an
instance's endpoint is its cluster's; the version that
clusters claim is the one asked for, whatever PostgreSQL is installed; the restorable window ends seconds behind
now instead of minutes; storage is not encrypted, the key is checked all the same; the master user is a superuser,
because PostgreSQL lets nobody else create the extension amcheck.
"""

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.rds._ACTION_MAP",
    "services.rds._tags",
    "services.rds._subnet_groups",
    "services.rds._db_cluster_param_groups",
    "services.rds._param_groups",
    "services.rds._default_engine_version",
    "services.rds.AURORA_POSTGRESQL_ENGINE_VERSION_SET",
    "services.kms._resolve_key",
    "services.kms._create_key",
    "services.secretsmanager._store_new_secret",
    "services.secretsmanager.put_secret_value_in_process",
    "services.secretsmanager.delete_secret_in_process",
    "services.tagging._RESOURCE_TAG_COLLECTORS",
)
"""What `stores` reads and replaces in MiniStack."""


def install(settings: EngineSettings) -> None:
    """Answer RDS calls by this package from now on. In the engine's own process only: it needs MiniStack."""
    from day2.engine.aurora import extension  # noqa: PLC0415  `disturbances` is imported where there is no MiniStack

    extension.install(settings)
