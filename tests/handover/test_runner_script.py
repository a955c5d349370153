"""runner.sh brings a pinned Terraform, works as the team's role only where Terraform does, and loses no state."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from handover_samples import CLUSTER, TARGET, change, handover, plan
from test_handover_script import FAKE, Folder, needs_bash

pytestmark = needs_bash

CURL = """#!/bin/sh
while [ "$1" != --output ]; do shift; done
cp "$FAKE/terraform.zip" "$2"
"""
AWS = """#!/bin/sh
echo "role=${AWS_CONFIG_FILE:+terraform} $*" >>"$FAKE/aws"
"""


class Job(Folder):
    """A checked-out repository in a CodeBuild container, and what it finds on the PATH there."""

    def prepare(self) -> None:
        self.lay_out()
        binaries = self.here / "bin"
        (binaries / "terraform").unlink()
        for name, text in (("curl", CURL), ("aws", AWS)):
            (binaries / name).write_text(text)
            (binaries / name).chmod(0o755)
        with zipfile.ZipFile(self.here / "terraform.zip", "w") as archive:
            archive.writestr("terraform", f'#!/bin/sh\nexec "{sys.executable}" -S "{FAKE}" "$@"\n')

    @property
    def checksum(self) -> str:
        return hashlib.sha256((self.here / "terraform.zip").read_bytes()).hexdigest()

    def do(self, job: str, **other: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            **self.environment(),
            "CODEBUILD_SRC_DIR": str(self.here),
            "CODEBUILD_SRC_DIR_Planned": str(self.here / "planned"),
            "CODEBUILD_BUILD_NUMBER": "7",
            "TERRAFORM_FOLDER": self.root.name,
            "TERRAFORM_ROLE": "arn:aws:iam::111122223333:role/terraform",
            "TERRAFORM_VERSION": "1.11.4",
            "TERRAFORM_SHA256": self.checksum,
            "KEPT_BUCKET": "kept-bucket",
            **other,
        }
        command = ["bash", str(self.shipped / "runner.sh"), job]
        return subprocess.run(  # noqa: S603  our own script
            command, cwd=self.here, env=environment, capture_output=True, text=True, check=False
        )

    @property
    def copied(self) -> list[str]:
        return (self.here / "aws").read_text().splitlines() if (self.here / "aws").exists() else []


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job(tmp_path)
    made.prepare()
    return made


def test_a_plan_is_handed_on_and_exactly_it_is_applied(job: Job) -> None:
    planned = job.do("plan")
    assert planned.returncode == 0, planned.stderr
    assert job.held()["aws_rds_cluster."] == TARGET
    assert (job.here / "planned" / handover().restore / "handover.tfplan").exists()
    # Another container, which has nothing but the repository and the artifact.
    subprocess.run(["rm", "-r", str(job.kept.parent)], check=True)  # noqa: S603, S607
    (job.here / "calls").unlink()
    applied = job.do("apply")
    assert applied.returncode == 0, applied.stderr
    assert [each.split()[0] for each in job.writes] == ["apply"]


def test_what_was_kept_is_stored_with_the_jobs_own_role_though_the_plan_is_refused(job: Job) -> None:
    job.plans(plan(change(CLUSTER, "delete", "create")))
    assert job.do("plan").returncode == 3
    assert not (job.here / "planned").exists()
    assert job.copied == ["role= s3 cp --recursive --only-show-errors .coder-day2 s3://kept-bucket/kept/7"]


def test_another_terraform_than_the_settings_one_is_not_run(job: Job) -> None:
    assert job.do("plan", TERRAFORM_SHA256="0" * 64).returncode != 0
    assert job.calls == []


def test_a_plan_that_was_changed_between_the_jobs_is_not_applied(job: Job) -> None:
    job.do("plan")
    kept = job.here / "planned" / handover().restore / "handover.tfplan"
    kept.write_text(json.dumps(plan(change(CLUSTER, "update", "read"))))
    (job.here / "calls").unlink()
    assert job.do("apply").returncode == 3
    assert job.writes == []
