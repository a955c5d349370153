"""Each look at the platform passes, fails, or says why it could not be taken."""

import pytest

from lambdas.platform import checks
from lambdas.platform.answers import Broken, Build, DatabaseHealth, Skipped
from lambdas.platform.checks import Counted, Said
from lambdas.platform.cluster import Pod
from lambdas.platform.reconciliation import Workspace, compare, not_looked_at
from lambdas.restore_contracts import PlatformCheck

from .samples import pod

NO_RIGHT = Skipped("/api/v2/groups was answered with 403: not licensed")
SILENT = Broken("/healthz: nobody answers (503)")
BUILD = Build(version="v2.29.1+0123abc", deployment_id="d-1")


def verdict(check: PlatformCheck) -> tuple[str, str]:
    return check.verdict, check.detail


def test_every_replica_has_to_be_alive() -> None:
    assert verdict(checks.alive({"a": None, "b": None})) == ("pass", "2 replicas say OK")
    assert verdict(checks.alive({"a": None, "b": SILENT})) == ("fail", "b: /healthz: nobody answers (503)")
    assert checks.alive({}).verdict == "fail"
    assert checks.alive({"a": Skipped("no right")}).verdict == "skip"
    assert checks.alive({"a": Skipped("no right"), "b": SILENT}).verdict == "fail"


@pytest.mark.parametrize("before", ["v2.29.1", "2.29.1", "v2.29.1+0123abc"])
def test_the_version_is_the_same_however_it_was_learnt(before: str) -> None:
    assert checks.same_version({"a": BUILD, "b": BUILD}, before=before).verdict == "pass"


def test_another_version_or_two_of_them_fail_and_an_unknown_one_is_skipped() -> None:
    newer = Build(version="v2.30.0", deployment_id="d-1")
    assert verdict(checks.same_version({"a": newer}, before="v2.29.1")) == ("fail", "it is v2.30.0, and was v2.29.1")
    assert checks.same_version({"a": newer, "b": BUILD}, before="v2.29.1").verdict == "fail"
    assert checks.same_version({"a": BUILD}, before=None).verdict == "skip"
    assert checks.same_version({"a": NO_RIGHT}, before="v2.29.1").detail == NO_RIGHT.reason
    assert checks.same_version({"a": BUILD, "b": SILENT}, before="v2.29.1").verdict == "fail"
    assert checks.same_version({}, before="v2.29.1").verdict == "skip"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (DatabaseHealth(reachable=True, severity="ok", overall="ok", latency_ms=2), "pass"),
        (DatabaseHealth(reachable=True, severity="warning", overall="error"), "pass"),
        (DatabaseHealth(reachable=False, severity="error", overall="error"), "fail"),
        (DatabaseHealth(reachable=True, severity="error", overall="error"), "fail"),
        (NO_RIGHT, "skip"),
        (SILENT, "fail"),
    ],
)
def test_health_is_that_of_the_database(answer: DatabaseHealth | Skipped | Broken, expected: str) -> None:
    assert checks.healthy(answer).verdict == expected


@pytest.mark.parametrize(
    ("told", "database", "expected"),
    [
        (1200, Counted(least=1200, most=1200), ("pass", "API 1200, database 1200")),
        (1201, Counted(least=1200, most=1200), ("fail", "API 1201, database 1200")),
        (12, Counted(least=10, most=12), ("pass", "API 12, database 10 to 12")),
        (13, Counted(least=10, most=12), ("fail", "API 13, database 10 to 12")),
        (NO_RIGHT, Broken("no answer"), ("skip", NO_RIGHT.reason)),
        (SILENT, Counted(least=1, most=1), ("fail", SILENT.reason)),
        (1, Broken("no answer"), ("fail", "no answer")),
    ],
)
def test_what_the_api_counts_is_what_the_database_holds(
    told: int | Skipped | Broken, database: Counted | Broken, expected: tuple[str, str]
) -> None:
    assert verdict(checks.same_count("groups", told, database=database)) == expected


def test_a_count_that_grew_while_it_was_asked_for_is_in_between() -> None:
    assert Counted(least=5, most=6).or_(Counted(least=7, most=7)) == Counted(least=5, most=7)


def test_coderd_is_connected_to_the_one_database_and_not_to_the_other() -> None:
    assert checks.serving(6).verdict == "pass"
    assert checks.serving(0).verdict == "fail"
    assert checks.serving(Broken("no answer")).verdict == "fail"
    assert checks.left(0).verdict == "pass"
    assert checks.left(1).verdict == "fail"
    assert checks.left(Skipped("it is gone")).verdict == "skip"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(ready=True, log=""), "pass"),
        (Said(ready=True, log='[warn]  ping postgres: retrying  error="refused"  try=1\n'), "pass"),
        (Said(ready=False, log='[warn]  ping postgres: retrying  error="refused"  try=1\n'), "fail"),
        (Said(ready=True, log="[warn]  migrate up: only the number changes\n"), "pass"),
        (Said(ready=True, log="error: connect to postgres: timeout\n"), "fail"),
        (Said(ready=True, log="", before="error: migrate up: Dirty database version 401\n"), "fail"),
        (Said(ready=True, log='{"level":"ERROR","msg":"migrate up: no migration found"}\n'), "fail"),
    ],
)
def test_a_log_that_tells_trouble_with_the_database_fails_but_for_what_is_over(said: Said, expected: str) -> None:
    assert checks.quiet({"a": said}).verdict == expected


def test_a_log_is_not_repeated() -> None:
    told = checks.quiet(
        {"a": Said(ready=True, log="error: connect to postgres://ann:s3cret@db: connect to postgres\n")}
    )
    assert "s3cret" not in told.detail


def test_logs_that_may_not_be_read_are_skipped() -> None:
    assert checks.quiet(Skipped("pods/log is forbidden")).verdict == "skip"


def workspace_pod(workspace: str, owner: str = "ann", *, phase: str = "Running") -> Pod:
    labels = {"com.coder.workspace.id": workspace, **({"com.coder.user.id": owner} if owner else {})}
    return pod(f"coder-{workspace}", phase=phase, labels=labels)


def test_workspaces_of_one_side_only_are_listed_with_their_owners() -> None:
    pods = [workspace_pod("w1"), workspace_pod("w2", ""), workspace_pod("w3"), workspace_pod("w5", phase="Failed")]
    rows = {
        "w1": Workspace(owner="ann", running=True),
        "w3": Workspace(owner="ann", running=False),
        "w4": Workspace(owner="bob", running=False),
        "w5": Workspace(owner="eve", running=True),
    }
    told = compare(pods, rows)
    assert (told.without_row.workspaces, told.without_row.owners) == (("w2",), ("",))
    assert (told.without_pod.workspaces, told.without_pod.owners) == (("w5",), ("eve",))


def test_of_many_two_hundred_are_listed_and_all_are_counted() -> None:
    told = compare([workspace_pod(f"w{at:04}") for at in range(450)], {})
    assert (told.without_row.count, len(told.without_row.workspaces)) == (450, 200)


def test_what_could_not_be_looked_at_is_not_taken_for_nothing() -> None:
    assert not_looked_at("no right").unknown == "no right"
