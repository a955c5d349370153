"""Provisioners' nodes: none goes under a build, and the last one stays while there is work."""

from scaling_stage import PROVISIONERS, Stage, called, decision, eventually

from lambdas.adapters.kubernetes.client import MERGE_PATCH

DEPLOYMENT = "/apis/apps/v1/namespaces/coder-prov/deployments/coder-provisioner"
COST = "controller.kubernetes.io/pod-deletion-cost"


def replicas(stage: Stage, count: int) -> None:
    """Have so many provisioners, each on a node and enrolled with Coder, which soon forgets those that are gone."""
    stage.people.kubernetes.call("PATCH", DEPLOYMENT, {"spec": {"replicas": count}}, kind=MERGE_PATCH)
    eventually(lambda: (len(placed(stage)) == count and "" not in placed(stage).values()) or None)
    eventually(lambda: stage.enrolled() == count or None)


def placed(stage: Stage) -> dict[str, str]:
    """Provisioner -> its node."""
    pods = stage.people.kubernetes.pods("coder-prov", "app.kubernetes.io/name=coder-provisioner")
    return {each.name: each.node for each in pods}


def idle(stage: Stage) -> None:
    """No build runs, none waits."""
    while stage.people.take_up() or stage.people.finish():
        pass


def test_the_queue_of_coder_and_its_daemons_are_among_the_facts(stage: Stage) -> None:
    idle(stage)
    replicas(stage, 2)
    stage.people.queue(4)
    eventually(lambda: stage.busy() == 2 or (stage.people.take_up() and None))
    planned = stage.scale("provisioner", desired=4, dry_run=True)
    waiting = planned.output["capacity"]["queue"]
    assert (waiting["pending"], waiting["running"]) == (2, 2)
    assert sum(len(each["holds"]) for each in planned.output["capacity"]["nodes"]) == 2
    idle(stage)
    after = stage.scale("provisioner", desired=4, dry_run=True).output["capacity"]["queue"]
    assert (after["pending"], after["running"]) == (0, 0)


def test_a_node_under_a_build_stays_and_goes_when_that_is_over(stage: Stage) -> None:
    idle(stage)
    replicas(stage, 2)
    assert stage.scale("provisioner", desired=2).status == "SUCCEEDED"
    stage.people.queue(1)
    eventually(stage.take_up)
    page = stage.scale("provisioner", desired=0, dry_run=True)
    assert (decision(page)["action"], "builds are running" in decision(page)["reason"]) == ("refuse", True)
    kept = stage.scale("provisioner", desired=0, when_blocked="clamp")
    assert (kept.status, stage.sizes(PROVISIONERS)[1]) == ("SUCCEEDED", 1)
    assert stage.people.finish()
    assert stage.scale("provisioner", desired=0).status == "SUCCEEDED"
    assert stage.nodes(PROVISIONERS) == ()
    assert placed(stage) == {}
    assert stage.scale("provisioner", desired=1).status == "SUCCEEDED"
    assert len(placed(stage)) == 4


def test_provisioners_come_after_their_nodes_and_leave_before_them(stage: Stage) -> None:
    idle(stage)
    grown = stage.scale("provisioner", desired=3)
    assert (grown.status, grown.output["raised"]["replicas"]) == ("SUCCEEDED", {"coder-provisioner": 12})
    assert set(placed(stage).values()) == called(stage.nodes(PROVISIONERS))
    stage.people.queue(1)
    eventually(stage.take_up)
    lowered = stage.scale("provisioner", desired=1)
    assert lowered.status == "SUCCEEDED", lowered.sentence
    assert (len(stage.nodes(PROVISIONERS)), len(placed(stage)), stage.busy()) == (1, 4, 1)
    idle(stage)


def test_a_provisioner_that_is_to_go_ends_its_build_first_and_the_cheapest_goes(stage: Stage) -> None:
    idle(stage)
    replicas(stage, 3)
    dear, *_ = placed(stage)
    mark = {"metadata": {"annotations": {COST: "100"}}}
    stage.people.kubernetes.call("PATCH", f"/api/v1/namespaces/coder-prov/pods/{dear}", mark, kind=MERGE_PATCH)
    stage.people.queue(3)
    eventually(lambda: stage.busy() == 3 or (stage.people.take_up() and None))
    stage.people.kubernetes.call("PATCH", DEPLOYMENT, {"spec": {"replicas": 1}}, kind=MERGE_PATCH)
    eventually(lambda: len(stage.leaving()) == 2 or None)
    assert dear not in stage.leaving()
    assert len(stage.people.finish()) == 3
    eventually(lambda: list(placed(stage)) == [dear] or None)
    replicas(stage, 2)
