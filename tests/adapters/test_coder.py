"""The door to coderd: what a release answers is read, what may not be asked is skipped with its reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.adapters.coder import Coder
from lambdas.adapters.kubernetes import Proxied
from lambdas.platform.answers import Broken, Build, DatabaseHealth, Skipped


@dataclass
class Replica:
    """Answers everything with the same, and keeps the last request."""

    status: int = 200
    says: Any = None
    path: str = ""
    headers: Mapping[str, str] | None = None

    def __call__(self, path: str, headers: Mapping[str, str]) -> Proxied:
        self.path, self.headers = path, headers
        return Proxied(status=self.status, text=self.says if isinstance(self.says, str) else json.dumps(self.says))


TOKEN = "t0ken"
ASKED = ("health", "users", "templates", "groups", "workspaces")


def ask(replica: Replica, what: str, token: str | Skipped = TOKEN) -> Any:
    return getattr(Coder(replica, token=token), what)()


def test_alive_is_the_word_ok_and_nothing_else() -> None:
    assert ask(Replica(says="OK"), "alive") is None
    assert ask(Replica(says="<html>"), "alive") == Broken("/healthz was answered with 200")
    assert ask(Replica(503, ""), "alive") == Broken("/healthz: nobody answers (503)")
    assert ask(Replica(504, ""), "alive") == Broken("/healthz: no answer in time")


@pytest.mark.parametrize(
    ("what", "says", "path", "answer"),
    [
        (
            "build",
            {"version": "v2.29.1+01", "deployment_id": "d-1"},
            "/api/v2/buildinfo",
            Build(version="v2.29.1+01", deployment_id="d-1"),
        ),
        ("build", {"version": "v2.0.0"}, "/api/v2/buildinfo", Build(version="v2.0.0", deployment_id=None)),
        (
            "health",
            {"severity": "warning", "database": {"reachable": True, "severity": "ok", "latency_ms": 1.6}},
            "/api/v2/debug/health",
            DatabaseHealth(reachable=True, severity="ok", overall="warning", latency_ms=2),
        ),
        ("users", {"users": [{}], "count": 1200}, "/api/v2/users?limit=1", 1200),
        ("templates", [{}, {}], "/api/v2/templates", 2),
        ("groups", [], "/api/v2/groups", 0),
        (
            "workspaces",
            {"workspaces": {"running": 3, "pending": 0, "connection_latency_ms": {}}},
            "/api/v2/deployment/stats",
            {"running": 3, "pending": 0},
        ),
    ],
)
def test_what_coderd_answers_is_read(what: str, says: Any, path: str, answer: Any) -> None:
    replica = Replica(says=says)
    assert ask(replica, what) == answer
    assert replica.path == path


def test_the_token_goes_where_it_is_needed_and_nowhere_else() -> None:
    replica = Replica(says={"count": 1, "version": "v1"})
    ask(replica, "users")
    assert replica.headers == {"Coder-Session-Token": "t0ken"}
    ask(replica, "build")
    assert replica.headers == {}


@pytest.mark.parametrize("what", ASKED)
def test_without_a_token_nothing_is_asked(what: str) -> None:
    replica = Replica()
    assert ask(replica, what, Skipped("none is set")) == Skipped("none is set")
    assert replica.headers is None


@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_right_or_a_licence_that_is_missing_is_skipped_with_its_reason(what: str, status: int) -> None:
    answer = ask(Replica(status, {"message": "no right for ann@example.com"}), what)
    assert isinstance(answer, Skipped)
    assert f"was answered with {status}: no right for ..." in answer.reason


def test_a_redirect_to_the_access_url_is_not_followed() -> None:
    assert isinstance(ask(Replica(307, ""), "users"), Skipped)


@pytest.mark.parametrize(("status", "says"), [(500, {"message": "no"}), (429, {}), (200, "<html>"), (200, {"a": 1})])
def test_what_coderd_would_not_answer_is_broken(status: int, says: Any) -> None:
    for what in ("users", "health", "build"):
        assert isinstance(ask(Replica(status, says), what), Broken)


@pytest.mark.parametrize(
    ("ask_it", "says", "path", "answer"),
    [
        (lambda coder: coder.running(), {"count": 46}, "/api/v2/workspaces?q=status:running&limit=1", 46),
        (lambda coder: coder.organizations(), [{"id": "o-1"}, {"id": "o-2"}], "/api/v2/organizations", ("o-1", "o-2")),
        (
            lambda coder: coder.waiting("o-1"),
            [{"created_at": "2026-11-23T02:00:00Z"}, {"created_at": "2026-11-23T03:00:00.5+01:00"}],
            "/api/v2/organizations/o-1/provisionerjobs?status=pending&limit=100",
            (datetime(2026, 11, 23, 2, tzinfo=UTC), datetime(2026, 11, 23, 2, 0, 0, 500_000, tzinfo=UTC)),
        ),
        (
            lambda coder: coder.building("o-1"),
            [{}, {}],
            "/api/v2/organizations/o-1/provisionerjobs?status=running&limit=100",
            2,
        ),
        (
            lambda coder: coder.daemons("o-1"),
            [{"name": "prov-0", "status": "busy"}, {"name": "prov-1", "status": "idle"}],
            "/api/v2/organizations/o-1/provisionerdaemons?limit=1000",
            {"prov-0": "busy", "prov-1": "idle"},
        ),
    ],
)
def test_what_scaling_asks_is_read(ask_it: Any, says: Any, path: str, answer: Any) -> None:
    replica = Replica(says=says)
    assert ask_it(Coder(replica, token=TOKEN)) == answer
    assert replica.path == path


def test_a_release_without_provisioner_jobs_is_skipped_and_not_taken_for_an_empty_queue() -> None:
    assert isinstance(Coder(Replica(404, {"message": "not found"}), token=TOKEN).waiting("o-1"), Skipped)


class Paged:
    """So many running workspaces, a page at a time; each is stopped a minute after the one before."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[str] = []

    def __call__(self, path: str, _headers: Mapping[str, str]) -> Proxied:
        self.asked.append(path)
        query = dict(each.split("=", 1) for each in path.partition("?")[2].split("&"))
        first, limit = int(query["offset"]), int(query["limit"])
        begin = datetime(2026, 11, 23, 2, tzinfo=UTC)
        page = [
            {"latest_build": {"deadline": (begin + timedelta(minutes=number)).isoformat()}}
            for number in range(first, min(self.count, first + limit))
        ]
        return Proxied(status=200, text=json.dumps({"workspaces": page, "count": self.count}))


@pytest.mark.parametrize(("count", "pages", "told"), [(0, 1, 0), (250, 1, 250), (251, 2, 251), (9_000, 20, 5_000)])
def test_deadlines_are_read_page_by_page_up_to_a_bound(count: int, pages: int, told: int) -> None:
    paged = Paged(count)
    found = Coder(paged, token=TOKEN).deadlines()
    assert isinstance(found, tuple)
    assert (len(found), len(paged.asked)) == (told, pages)
