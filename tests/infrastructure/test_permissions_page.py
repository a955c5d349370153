"""The permissions page tells what is deployed."""

import pytest

from cdk import permissions_page
from cdk.environments import load
from cdk.names import Names
from cdk.permissions import kubernetes_steps
from infrastructure.templates import Assembly


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


def test_arns_are_shortened_to_what_tells_them_apart(written: str) -> None:
    assert "arn:aws:" not in written
    assert "`rds:cluster:coder-dr-test-*`" in written


def test_whose_roles_kubernetes_has_to_know_is_an_output(prod: Assembly) -> None:
    told = prod.raw["operations"]["Outputs"]["KubernetesRoles"]["Value"]
    assert kubernetes_steps() == ["CreateNamespace", "DeleteNamespace", "FindOrphanNamespaces"]
    for step in kubernetes_steps():
        assert f"Steps{step}Role" in str(told)


def test_it_asks_for_an_assembly(capsys: pytest.CaptureFixture[str]) -> None:
    assert permissions_page.main([]) == 2
    assert "usage" in capsys.readouterr().err
