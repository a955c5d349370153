"""No plan passes that would cost a database, and none is refused that would not."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from handover_samples import CLUSTER, INSTANCES, change, handover, plan

from lambdas.handover import plan_guard
from lambdas.handover.plan_guard import judge, without_values


def refused(*changes: dict[str, Any], **more: Any) -> list[str]:
    findings = judge(plan(*changes, **more), cluster=CLUSTER, instances=INSTANCES)
    return [f"{each.address} {each.reason}" for each in findings if each.refuses]


def test_changes_in_place_imports_and_everything_elsewhere_pass() -> None:
    assert not refused(
        change(CLUSTER, "update"),
        change(f"{INSTANCES}[0]", "no-op", importing={"id": "one"}),
        change("module.eks.aws_eks_node_group.ws", "delete", "create"),
        change("module.dns.aws_route53_record.db", "delete"),
    )


def test_a_replaced_cluster_is_refused_with_the_attribute_that_replaces_it() -> None:
    replaced = change(CLUSTER, "delete", "create", replace_paths=[["kms_key_id"], ["snapshot_identifier"]])
    assert refused(replaced) == [
        f"{CLUSTER} would be replaced, because the configuration has another kms_key_id, snapshot_identifier"
    ]


def test_it_is_a_replacement_in_either_order() -> None:
    assert "would be replaced" in refused(change(CLUSTER, "create", "delete"))[0]


def test_an_instance_beyond_count_is_refused_with_that_reason() -> None:
    gone = change(f"{INSTANCES}[1]", "delete", action_reason="delete_because_count_index")
    assert refused(gone) == [f"{INSTANCES}[1] would be destroyed, because its index is beyond count"]


@pytest.mark.parametrize(
    "address",
    [
        "aws_rds_cluster.another",
        "aws_rds_cluster_parameter_group.main",
        'module.db["a"].aws_rds_global_cluster.g',
        "aws_db_instance.legacy",
        "aws_db_cluster_snapshot.kept",
        "aws_kms_key.aurora",
    ],
)
def test_everything_that_is_or_holds_a_database_is_guarded(address: str) -> None:
    assert refused(change(address, "delete"))


def test_a_new_cluster_at_the_address_that_was_to_be_imported_is_refused() -> None:
    assert "was to be imported" in refused(change(CLUSTER, "create"))[0]
    assert "was to be imported" in refused(change(f"{INSTANCES}[1]", "create"))[0]
    assert not refused(change("module.reporting.aws_rds_cluster.main", "create"))


def test_a_database_that_would_be_forgotten_is_refused() -> None:
    assert "nobody would manage it" in refused(change(CLUSTER, "forget"))[0]


def test_what_it_does_not_know_it_refuses() -> None:
    assert "sublimate" in refused(change(CLUSTER, "sublimate"))[0]
    assert refused(change(CLUSTER))
    (finding,) = judge({"format_version": "2.0"}, cluster=CLUSTER, instances=INSTANCES)
    assert finding.refuses
    assert judge({}, cluster=CLUSTER, instances=INSTANCES)[0].refuses


def test_a_plan_that_was_not_made_to_its_end_is_refused() -> None:
    assert refused(errored=True) == ["plan was not made to its end"]


def test_a_destruction_that_is_put_off_is_one() -> None:
    assert refused(deferred_changes=[{"reason": "unknown", "resource_change": change(CLUSTER, "delete")}])


def test_a_plan_that_leaves_something_for_later_is_noted_and_not_refused() -> None:
    (finding,) = judge(plan(complete=False), cluster=CLUSTER, instances=INSTANCES)
    assert not finding.refuses


def test_a_data_source_of_a_database_is_none() -> None:
    assert not refused({**change(CLUSTER, "delete"), "mode": "data"})


def test_what_is_kept_of_a_plan_has_no_value_in_it() -> None:
    kept = json.dumps(without_values(plan(change(CLUSTER, "update"), variables={"password": {"value": "a secret"}})))
    assert CLUSTER in kept
    assert "secret" not in kept


def test_the_command_says_every_reason_and_exits_with_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted, changes = tmp_path / "handover.json", tmp_path / "changes.json"
    wanted.write_text(json.dumps(handover().document()))
    told = plan(change(CLUSTER, "delete", "create"), change(f"{INSTANCES}[0]", "delete"))
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(told)))
    assert plan_guard.main([str(wanted), str(changes)]) == 3
    assert capsys.readouterr().err.count("refused:") == 2
    assert len(json.loads(changes.read_text())["resource_changes"]) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(plan(change(CLUSTER, "update")))))
    assert plan_guard.main([str(wanted)]) == 0
