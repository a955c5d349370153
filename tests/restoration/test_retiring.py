"""Which cluster may be retired, in which order it goes, and what a restore marks: decisions without a cloud."""

from dataclasses import replace

import pytest

from lambdas.errors import ProductionTargetRefused
from lambdas.recovery.database import Cluster, Instance
from lambdas.restoration import marking
from lambdas.restoration.names import tags
from lambdas.restore_contracts import BeforeDatabase, Restoration
from lambdas.retirement import deciding, demolition, names
from lambdas.retirement.contracts import Retirement
from lambdas.retirement.deciding import World
from lambdas.retirement.request import read_request
from restoration.samples import EXECUTION, ID, NOW, RESTORATION, SETTINGS, SOURCE

OLD = f"{SOURCE}-old-{ID}"
RESTING = {"coder-day2:environment": "prod", "coder-day2:serving": "no", "team": "platform"}
SERVES = {"coder-day2:environment": "prod", "coder-day2:serving": "yes"}


def cluster(name: str, *, marks: dict[str, str] | None = None, status: str = "available", **more: object) -> Cluster:
    made = Cluster(
        name=name,
        status=status,
        engine="aurora-postgresql",
        engine_version="15.4",
        resource_id=f"cluster-{name}",
        arn=f"arn:cluster:{name}",
        endpoint=f"{name}.cluster-x",
        deletion_protection=True,
        tags=marks or {},
    )
    return replace(made, **more)  # type: ignore[arg-type]  # a test's own words


def instance(of: str, number: int = 1, *, marks: dict[str, str] | None = None, status: str = "available") -> Instance:
    name = f"{of}-{number}"
    return Instance(
        name=name,
        cluster=of,
        status=status,
        resource_id=f"db-{name}",
        arn=f"arn:db:{name}",
        endpoint=f"{name}.x",
        tags=marks or {},
    )


def world(*, old: Cluster | None = None, host: str = f"{SOURCE}.cluster-x", **more: object) -> World:
    """After names were swapped: the restored cluster bears the source's name, the old one rests."""
    clusters = (cluster(SOURCE, marks=SERVES), old or cluster(OLD, marks=RESTING))
    instances = (instance(SOURCE, marks=SERVES), instance(OLD, marks=RESTING), instance(OLD, 2, marks=RESTING))
    made = World(clusters=clusters, instances=instances, host=host)
    return replace(made, **more)  # type: ignore[arg-type]


RETIREMENT = Retirement(
    id=ID,
    environment="prod",
    cluster=OLD,
    resource_id=f"cluster-{OLD}",
    execution=EXECUTION,
    opened_at=NOW,
    started_by="somebody",
    reason="a week has passed",
    ticket="",
    dry_run=False,
    successor=SOURCE,
    snapshot=names.snapshot_of(OLD, ID),
)


def against(name: str, found: World) -> str:
    return "\n".join(deciding.faults(name, found, SETTINGS))


class TestWhatMayGo:
    def test_the_old_cluster_after_a_swap(self) -> None:
        assert deciding.faults(OLD, world(), SETTINGS) == ()

    def test_the_first_cluster_once_the_settings_name_its_successor(self) -> None:
        restored = RESTORATION.target
        found = World(
            clusters=(cluster(SOURCE, marks=RESTING), cluster(restored, marks=SERVES)),
            instances=(instance(SOURCE, marks=RESTING),),
            host=f"{restored}.CLUSTER-x",
        )
        assert "this environment's source" in against(SOURCE, found)
        assert deciding.faults(SOURCE, found, replace(SETTINGS, source=restored)) == ()

    def test_everything_against_it_is_said_at_once(self) -> None:
        found = world(restores=(RESTORATION,))
        told = against(SOURCE, found)
        for each in ("source.cluster", "the restore", "serves", "cut over, or was about to cut over"):
            assert each in told
        assert "by hand" not in told, "what serves is not to be marked as if it did not"

    @pytest.mark.parametrize("endpoint", [f"{OLD}.cluster-x", f"{OLD}-2.x"])
    def test_not_the_one_that_the_connection_secret_names_by_any_endpoint(self, endpoint: str) -> None:
        assert "names it" in against(OLD, world(host=endpoint))

    @pytest.mark.parametrize("host", ["db.example.com", "payroll.cluster-x"])
    def test_not_while_no_cluster_of_the_platform_is_seen_to_serve(self, host: str) -> None:
        stranger = cluster("payroll")
        assert "nothing else is seen to serve" in against(
            OLD, replace(world(host=host), clusters=(*world().clusters, stranger))
        )

    @pytest.mark.parametrize("status", ["stopped", "deleting", "renaming"])
    def test_not_in_a_state_of_which_there_is_no_snapshot(self, status: str) -> None:
        assert against(OLD, world(old=cluster(OLD, marks=RESTING, status=status)))

    @pytest.mark.parametrize(
        "marks", [{}, {"coder-day2:serving": "no"}, {**RESTING, "coder-day2:environment": "stage"}, SERVES]
    )
    def test_not_without_the_mark_of_this_environment(self, marks: dict[str, str]) -> None:
        assert "by hand" in against(OLD, world(old=cluster(OLD, marks=marks)))

    def test_not_with_an_instance_that_iam_would_not_let_go(self) -> None:
        unmarked = instance(OLD, 3)
        strange = replace(instance(OLD, 4, marks=RESTING), name="reporting-reader")
        told = against(OLD, world(instances=(unmarked, strange)))
        assert f"{OLD}-3" in told
        assert "reporting-reader" in told

    @pytest.mark.parametrize("field", ["source", "target", "old_name"])
    def test_not_what_a_running_restore_is_about(self, field: str) -> None:
        about: Restoration = replace(RESTORATION, **{field: OLD})  # type: ignore[arg-type]
        assert "day2 approvals" in against(OLD, world(restores=(about,)))


class TestTheLastLook:
    """Each look at the deletion judges again."""

    def test_lets_it_go_on(self) -> None:
        deciding.require_resting(RETIREMENT, cluster(OLD, marks=RESTING), world(), SETTINGS)

    @pytest.mark.parametrize(
        ("found", "seen", "why"),
        [
            (cluster(OLD, marks=SERVES), world(), "cut over"),
            (cluster(OLD, marks=RESTING), world(host=f"{OLD}.cluster-x"), "names it by now"),
            (cluster(f"{OLD}x", marks=RESTING), world(), "is called"),
        ],
    )
    def test_ends_it_when_the_cluster_has_come_into_service(self, found: Cluster, seen: World, why: str) -> None:
        with pytest.raises(ProductionTargetRefused, match=why):
            deciding.require_resting(RETIREMENT, found, seen, SETTINGS)


class TestTheOrder:
    def test_protection_first_and_alone(self) -> None:
        look = demolition.plan(cluster(OLD), (instance(OLD),))
        assert (look.unprotect, look.instances, look.cluster) == (True, (), False)

    def test_then_the_instances_then_the_cluster(self) -> None:
        bare = cluster(OLD, deletion_protection=False)
        assert demolition.plan(bare, (instance(OLD),)).instances == (f"{OLD}-1",)
        assert not demolition.plan(bare, (instance(OLD, status="deleting"), instance(OLD, 2))).cluster
        assert demolition.plan(bare, (instance(OLD, status="deleting"),)).cluster
        assert demolition.plan(bare, ()).cluster

    def test_what_is_on_its_way_is_waited_for(self) -> None:
        look = demolition.plan(cluster(OLD, status="deleting", deletion_protection=False), ())
        assert not look.acts
        assert look.waiting_for
        assert not demolition.plan(None, ()).waiting_for


class TestNames:
    def test_a_snapshots_name_fits_however_long_the_clusters_is(self) -> None:
        assert names.snapshot_of(OLD, ID) == f"{OLD}-final-0a1b2c3d"
        long = names.snapshot_of("a-very-long-name-of-a-platform" * 3, ID)
        assert len(long) <= 63
        assert "--" not in long
        assert long.endswith("-final-0a1b2c3d")

    def test_a_snapshot_has_the_clusters_own_tags_and_no_mark(self) -> None:
        told = names.snapshot_tags({**RESTING, "aws:x": "y"}, retirement=ID, environment="prod")
        assert told == {"team": "platform", "coder-day2:retirement": ID, "coder-day2:environment": "prod"}

    @pytest.mark.parametrize(
        ("name", "is_one"),
        [(SOURCE, True), (OLD, True), (RESTORATION.target, True), (f"{SOURCE}-1", False), (f"{SOURCE}-old-", False)],
    )
    def test_the_platforms_clusters_are_known_by_three_names(self, name: str, *, is_one: bool) -> None:
        assert names.is_of_the_platform(name, SETTINGS) == is_one


class TestTheRequest:
    def test_takes_a_name_twice_and_a_reason(self) -> None:
        asked = {"cluster": OLD, "confirm": OLD, "reason": "a week has passed", "Comment": "x"}
        assert read_request(asked).faults == ()
        assert read_request({"cluster": OLD, "dry_run": True}).faults == ()

    def test_says_everything_that_is_wrong_with_it(self) -> None:
        faults = read_request({"confirm": 7, "force": True}).faults
        assert [each.partition(":")[0] for each in faults] == [
            "request.confirm",
            "request.force",
            "request.cluster",
            "request.reason",
        ]

    @pytest.mark.parametrize("confirm", [SOURCE, OLD.upper(), f"{OLD} "])
    def test_another_name_is_not_the_same(self, confirm: str) -> None:
        asked = {"cluster": OLD, "confirm": confirm, "reason": "x"}
        assert [each.partition(":")[0] for each in read_request(asked).faults] == ["request.confirm"]


class TestWhereSomebodyCouldBe:
    def test_is_each_instance_by_its_own_endpoint(self) -> None:
        found = world()
        assert deciding.hosts(found.clusters[1], found.instances) == (f"{OLD}-1.x", f"{OLD}-2.x")

    def test_is_the_clusters_where_no_instance_tells_its_own_and_nowhere_without_one(self) -> None:
        old = cluster(OLD)
        assert deciding.hosts(old, (replace(instance(OLD), endpoint=None),)) == (f"{OLD}.cluster-x",)
        assert deciding.hosts(old, (instance(OLD, status="deleting"),)) == ()


class TestMarks:
    BEFORE = BeforeDatabase(
        exists=True,
        name=SOURCE,
        names={"cluster-A": SOURCE, "db-A": f"{SOURCE}-1", "cluster-B": "new", "db-B": "new-1"},
        restored=("cluster-B", "db-B"),
    )

    def test_a_restored_cluster_rests_from_its_first_moment(self) -> None:
        assert tags(RESTORATION)["coder-day2:serving"] == "no"

    def test_the_one_that_does_not_serve_rests(self) -> None:
        assert marking.resting(self.BEFORE, serving="cluster-B") == {"cluster-A", "db-A"}
        assert marking.resting(self.BEFORE, serving="cluster-A") == {"cluster-B", "db-B"}

    def test_only_what_does_not_bear_the_mark_yet_is_marked(self) -> None:
        wanted = marking.marks("no", "prod")
        found = (cluster("a", marks=RESTING), cluster("b", marks=SERVES), instance("c"))
        ids = [each.resource_id for each in found]
        assert marking.to_mark(ids, found, wanted) == ("arn:cluster:b", "arn:db:c-1")
        assert marking.to_mark(ids[:1], found, wanted) == ()
