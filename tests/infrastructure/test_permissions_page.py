"""The permissions page tells what is deployed."""

import re

import pytest

from cdk import permissions_page
from cdk.environments import load
from cdk.names import Names
from cdk.permissions import kubernetes_groups, reasons
from infrastructure.iam import request
from infrastructure.templates import Assembly

RDS = "arn:aws:rds:eu-central-1:111122223333"
TAGS = {"coder-day2:environment": "prod", "coder-day2:drill": "20261123-0a1b2c3d"}


@pytest.fixture
def written(prod: Assembly) -> str:
    return permissions_page.page(prod.folder, Names(settings=load("prod")))


def test_the_committed_page_is_current(written: str) -> None:
    assert permissions_page.PAGE.read_text(encoding="utf-8") == written, (
        "Write it again: make synth && .venv/bin/python -m cdk.permissions_page cdk.out/prod"
    )


def test_every_statement_of_every_role_is_explained(prod: Assembly, written: str) -> None:
    for role in prod.roles.values():
        for statement in role.statements:
            assert f"*{statement['Sid']}*" in written


@pytest.mark.parametrize(
    ("action", "kind", "backup"),
    [
        ("RestoreDBClusterFromSnapshot", "awsbackup:*", "cluster-snapshot:awsbackup:job-of-another-cluster"),
        ("RestoreDBClusterFromSnapshot", "source.manual_snapshots", "cluster-snapshot:coder-prod-another-cluster"),
        ("RestoreDBClusterToPointInTime", "cluster-auto-backup:*", "cluster-auto-backup:ab-of-another-cluster"),
    ],
)
def test_what_iam_cannot_keep_a_drill_from_is_written_down(
    prod: Assembly, written: str, action: str, kind: str, backup: str
) -> None:
    """Should IAM ever tell these apart, this fails, and the paragraph can go."""
    copy = f"{RDS}:cluster:coder-dr-test-20261123-0a1b2c3d"
    restore = request(f"rds:{action}", copy, f"{RDS}:{backup}", tagging=TAGS)
    assert prod.roles["RestoreCluster"].may(restore)
    assert f"`{kind}`" in written.partition("Nor can IAM say whose a backup is.")[2].partition("\n\n")[0]


@pytest.mark.parametrize("sid", ["RestoreFromSnapshots", "RestoreToPointInTime", "RestoreFromTheSourceOnly"])
def test_a_statement_that_lets_another_clusters_backup_through_says_that_the_step_does_not(sid: str) -> None:
    assert "the step" in reasons(Names(settings=load("prod")))[sid]


def test_what_iam_cannot_keep_a_restore_from_is_written_down(prod: Assembly, written: str) -> None:
    """Each allowed by IAM, because it cannot tell it from what a step does; should it ever, this fails."""
    told = written.partition("What IAM cannot say of it:")[2].partition("\n## ")[0]
    source, backup = f"{RDS}:cluster:coder-prod-aurora", f"{RDS}:cluster-auto-backup:ab-0a1b2c3d"
    tags = {"coder-day2:environment": "prod", "coder-day2:restore": "20261123-0a1b2c3d"}
    whatever_is_modified = request("rds:ModifyDBCluster", source)
    of_another_restore = request("rds:ModifyDBCluster", f"{source}-restored-of-another", bearing=tags)
    onto_the_source = request("rds:RestoreDBClusterToPointInTime", source, backup, tagging=tags)
    for sentence, step, asked in (
        ("What is modified", "FenceDatabase", whatever_is_modified),
        ("The new name", "SwapIdentifiers", whatever_is_modified),
        ("Which restore", "SetMasterPassword", of_another_restore),
        ("The source as a target", "RestoreBeside", onto_the_source),
    ):
        assert f"**{sentence}.**" in told
        assert prod.roles[step].may(asked)


def test_arns_are_shortened_to_what_tells_them_apart(written: str) -> None:
    assert "arn:aws:" not in written
    assert "`rds:cluster:coder-dr-test-*`" in written


def test_whose_roles_kubernetes_has_to_know_is_an_output_for_each_of_its_groups(prod: Assembly, written: str) -> None:
    groups = kubernetes_groups(Names(settings=load("prod")))
    assert groups.keys() == {"coder-day2-drills", "coder-day2-restores", "coder-day2-scalings"}
    assert groups["coder-day2-drills"] == ["CreateNamespace", "DeleteNamespace", "FindOrphanNamespaces"]
    assert not set(groups["coder-day2-drills"]) & set(groups["coder-day2-restores"])
    assert {step for steps in groups.values() for step in steps} == {
        name for name, role in prod.roles.items() if "eks:DescribeCluster" in role.allowed_actions()
    }
    rbac = (permissions_page.PAGE.parent / "kubernetes-rbac.yaml").read_text(encoding="utf-8")
    outputs = {
        "KubernetesRoles": "coder-day2-drills",
        "KubernetesRestoreRoles": "coder-day2-restores",
        "KubernetesScalingRoles": "coder-day2-scalings",
    }
    for output, group in outputs.items():
        told = prod.raw["operations"]["Outputs"][output]
        assert set(re.findall(r"Steps(\w+?)Role[0-9A-F]{8}", str(told["Value"]))) == set(groups[group])
        assert group in told["Description"]
        assert f"name: {group}" in rbac
        assert f"`{output}`" in written


def test_it_asks_for_an_assembly(capsys: pytest.CaptureFixture[str]) -> None:
    assert permissions_page.main([]) == 2
    assert "usage" in capsys.readouterr().err
