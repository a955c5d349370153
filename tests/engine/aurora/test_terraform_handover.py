"""The handover with the real terraform and the real AWS provider, against the engine's Aurora.

Skipped where the machine has no terraform, or not the provider in a mirror: TF_PLUGIN_MIRROR names the mirror's folder,
else the CLI's configuration or one of its own folders does. Each start of the provider costs seconds of computing, so
that one story is told in few commands.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aurora_bench import ENGINE, Database

from lambdas.handover.files import Place, files
from lambdas.handover.terraform import hand_over
from lambdas.recovery.database import Cluster
from lambdas.restore_contracts import BeforeDatabase, Restoration
from lambdas.settings import Terraform

MODULE = Path(__file__).with_name("terraform_module")
PROVIDER = "registry.terraform.io/hashicorp/aws"
VERSION = "5.100.0"
ID = "20261123-0a1b2c3d"
SOURCE, TARGET = "coder-tf-aurora", f"coder-tf-aurora-restored-{ID}"
TERRAFORM = Terraform(var_file="environments/prod.tfvars")


def mirror() -> Path | None:
    """The folder in which this machine keeps providers, if it has the one that is needed."""
    told = [os.environ["TF_PLUGIN_MIRROR"]] if "TF_PLUGIN_MIRROR" in os.environ else []
    configuration = Path(os.environ.get("TF_CLI_CONFIG_FILE", Path.home() / ".terraformrc"))
    if configuration.is_file():
        told += re.findall(r'filesystem_mirror\s*{[^}]*path\s*=\s*"([^"]+)"', configuration.read_text())
    # Where terraform looks by itself ("Implied Local Mirror Directories", CLI configuration).
    told += [str(Path.home() / ".terraform.d" / "plugins"), "/usr/local/share/terraform/plugins"]
    return next((Path(each) for each in told if (Path(each) / PROVIDER / VERSION).is_dir()), None)


@dataclass(frozen=True)
class RootModule:
    """The platform's root module, with the restored cluster's handover beside it."""

    folder: Path
    environment: Mapping[str, str]

    def terraform(self, *arguments: str) -> str:
        return self._run(["terraform", *arguments]).stdout

    def handover(self, command: str) -> "subprocess.CompletedProcess[str]":
        return self._run(["bash", "../handover/handover.sh", command], check=False)

    def name_the_cluster(self, name: str) -> None:
        (self.folder / TERRAFORM.var_file).write_text(f'aurora_cluster_identifier = "{name}"\n')

    def held(self) -> dict[str, str]:
        """What the state holds: `type[index]` -> id."""
        told = json.loads((self.folder / "terraform.tfstate").read_text())
        return {
            f"{each['type']}[{instance.get('index_key', '')}]": instance["attributes"]["id"]
            for each in told["resources"]
            for instance in each["instances"]
        }

    def _run(self, command: list[str], *, check: bool = True) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(  # noqa: S603  our own command
            command, cwd=self.folder, env=dict(self.environment), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 or not check, done.stderr
        return done


@pytest.fixture(scope="module")
def root(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RootModule]:
    """Terraform's state holds the source; beside it stands the restored cluster, which serves."""
    if shutil.which("terraform") is None:
        pytest.skip("this machine has no terraform")
    providers = mirror()
    if providers is None:
        pytest.skip(f"this machine has no provider {PROVIDER} {VERSION} in a mirror; TF_PLUGIN_MIRROR names one")
    for name in (SOURCE, TARGET):
        database.create(name, StorageEncrypted=True, DeletionProtection=True)
    here = tmp_path_factory.mktemp("terraform")
    shutil.copytree(MODULE, here / "live")
    (here / "cli.tfrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{providers}"\n  }}\n}}\n'
    )
    made = RootModule(
        here / "live",
        {
            "PATH": os.environ["PATH"],
            "HOME": str(here),
            "TF_CLI_CONFIG_FILE": str(here / "cli.tfrc"),
            "TF_CLI_ARGS": "-no-color",
            "TF_VAR_endpoint": database.engine.endpoint,
            "AWS_ACCESS_KEY_ID": database.engine.settings.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "CHECKPOINT_DISABLE": "1",
        },
    )
    made.terraform("init", "-input=false")
    (made.folder / "terraform.tfstate").write_text(json.dumps(state_of_the_source()))
    lay_out_handover(here / "handover", database)
    yield made
    for name in (SOURCE, TARGET):
        database.rds.modify_db_cluster(DBClusterIdentifier=name, DeletionProtection=False, ApplyImmediately=True)
        database.discard(name)


def lay_out_handover(folder: Path, database: Database) -> None:
    """The files as the step would have stored them after a repointed restore."""
    found = database.cluster(TARGET)
    live = Cluster(
        name=TARGET,
        status=found["Status"],
        engine=ENGINE,
        engine_version=found["EngineVersion"],
        resource_id=found["DbClusterResourceId"],
        arn=found["DBClusterArn"],
        members=tuple(each["DBInstanceIdentifier"] for each in found["DBClusterMembers"]),
    )
    handover = hand_over(
        restoration(),
        live,
        before=BeforeDatabase(exists=True, name=SOURCE, instances=(f"{SOURCE}-writer",)),
        former=(f"{SOURCE}-writer",),
        terraform=TERRAFORM,
    )
    folder.mkdir()
    for name, text in files(handover, warnings=(), attributes=(), place=Place(bucket="b", folder="f")).items():
        (folder / name).write_text(text)


def restoration() -> Restoration:
    at = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
    return Restoration(
        id=ID,
        environment="prod",
        source=SOURCE,
        target=TARGET,
        old_name=f"{SOURCE}-old-{ID}",
        execution="one",
        opened_at=at,
        give_up_at=at,
        recovery_point="latest-snapshot",
        started_by="test",
        cut_over="after-approval",
        strategy="repoint",
        dry_run=False,
        approval_seconds=3600,
        soak_seconds=900,
    )


def state_of_the_source() -> dict[str, Any]:
    """As far as it is read before its addresses are given up; Terraform itself would have written more."""
    held = {
        "aws_rds_cluster": {"attributes": {"id": SOURCE, "cluster_identifier": SOURCE}},
        "aws_rds_cluster_instance": {
            "index_key": 0,
            "attributes": {"id": f"{SOURCE}-writer", "cluster_identifier": SOURCE},
        },
    }
    resources = [
        {
            "module": "module.aurora",
            "mode": "managed",
            "type": kind,
            "name": "main",
            "provider": f'provider["{PROVIDER}"]',
            "instances": [{"schema_version": 1 if kind == "aws_rds_cluster" else 0, **instance}],
        }
        for kind, instance in held.items()
    ]
    state = {"version": 4, "terraform_version": "1.5.0", "serial": 7, "lineage": "one", "outputs": {}}
    return state | {"resources": resources}


@pytest.mark.timeout(900)  # a minute on a machine that does nothing else
def test_a_restored_database_is_handed_over_and_a_plan_that_would_replace_it_is_refused(root: RootModule) -> None:
    root.name_the_cluster(TARGET)
    done = root.handover("hand-over")
    assert done.returncode == 0, done.stderr
    assert "0 to add, 1 to change, 0 to destroy" in done.stdout
    handed_over = {"aws_rds_cluster[]": TARGET, "aws_rds_cluster_instance[0]": f"{TARGET}-writer"}
    assert root.held() == handed_over

    # Another plan in the place of the one that was kept, as the old variable makes it: it would replace what serves.
    root.name_the_cluster(SOURCE)
    plan = root.folder / ".coder-day2" / ID / "handover.tfplan"
    root.terraform("plan", "-input=false", "-refresh=false", f"-var-file={TERRAFORM.var_file}", f"-out={plan}")
    Path(f"{plan}.sha256").write_text(f"{hashlib.sha256(plan.read_bytes()).hexdigest()}\n")
    refused = root.handover("apply")
    assert refused.returncode == 3, refused.stderr
    assert "module.aurora.aws_rds_cluster.main would be replaced" in refused.stderr
    assert "cluster_identifier" in refused.stderr
    assert root.held() == handed_over
