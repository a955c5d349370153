"""Aurora PostgreSQL on one machine: MiniStack's RDS calls, over PostgreSQL servers that are really backed up.

It differs from AWS where one machine cannot do otherwise: readers share the writer's server; the version that
clusters claim is the one asked for, whatever PostgreSQL is installed; the restorable window ends seconds behind
now instead of minutes; storage is not encrypted, the key is checked all the same; the master user is a superuser,
because PostgreSQL lets nobody else create the extension amcheck.
"""

from day2.engine.settings import EngineSettings


def install(settings: EngineSettings) -> None:
    """Answer RDS calls by this package from now on. In the engine's own process only: it needs MiniStack."""
    from day2.engine.aurora import extension  # noqa: PLC0415  `disturbances` is imported where there is no MiniStack

    extension.install(settings)
