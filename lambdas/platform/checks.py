"""The looks at the platform after a cut-over, each judged: what passes, what fails, what could not be asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lambdas.platform.answers import Broken, Build, DatabaseHealth, Skipped
from lambdas.platform.rollout import Rollout
from lambdas.restore_contracts import PlatformCheck

Verdict = Literal["pass", "fail", "skip"]

_BROKEN_LINES = ("connect to postgres", "migrate up")
_NOBODY = "there is no replica to ask"
_RETRYING = "ping postgres: retrying"
_BENIGN = ("[warn]", "[info]", "[debug]", '"level":"WARN"', '"level":"INFO"', '"level":"DEBUG"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many there are in the database: by the narrowest and the widest meaning that releases give the API's list."""

    least: int
    most: int

    def or_(self, later: "Counted") -> "Counted":
        """Either of two counts: what was true in between lies within."""
        return Counted(least=min(self.least, later.least), most=max(self.most, later.most))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a replica's log holds since its start, and that of the run before where it was restarted."""

    ready: bool
    log: str
    before: str = ""


def failing(checks: Sequence[PlatformCheck]) -> tuple[PlatformCheck, ...]:
    """Those that failed."""
    return tuple(each for each in checks if each.verdict == "fail")


def rolled_out(rollout: Rollout) -> PlatformCheck:
    """Every replica is updated and available."""
    return _check("rollout", "pass" if rollout.complete else "fail", rollout.reason)


def alive(replicas: Mapping[str, Skipped | Broken | None]) -> PlatformCheck:
    """/healthz of every replica by pod: None says OK. No replica at all is a failure."""
    if not replicas:
        return _check("alive", "fail", _NOBODY)
    silent = [f"{name}: {answer.reason}" for name, answer in replicas.items() if isinstance(answer, Broken)]
    if silent:
        return _check("alive", "fail", "; ".join(silent))
    if reasons := _reasons(replicas.values()):
        return _check("alive", "skip", reasons)
    return _check("alive", "pass", f"{len(replicas)} replicas say OK")


def same_version(replicas: Mapping[str, Build | Skipped | Broken], *, before: str | None) -> PlatformCheck:
    """Every replica is of the release that served before."""
    broken = [f"{name}: {each.reason}" for name, each in replicas.items() if isinstance(each, Broken)]
    if broken:
        return _check("version", "fail", "; ".join(broken))
    told = sorted({each.version for each in replicas.values() if isinstance(each, Build)})
    if not told:
        return _check("version", "skip", _reasons(replicas.values()) or _NOBODY)
    if len({_release(each) for each in told}) > 1:
        return _check("version", "fail", f"the replicas differ: {', '.join(told)}")
    if before is None:
        return _check("version", "skip", f"it is {told[0]}, and it is not known what it was before")
    same = _release(told[0]) == _release(before)
    return _check("version", "pass" if same else "fail", f"it is {told[0]}, and was {before}")


def healthy(answer: DatabaseHealth | Skipped | Broken) -> PlatformCheck:
    """That coderd reaches its database. What else it looks at (relays, addresses) no cut-over changes."""
    match answer:
        case Skipped():
            return _check("health", "skip", answer.reason)
        case Broken():
            return _check("health", "fail", answer.reason)
        case DatabaseHealth():
            latency = "" if answer.latency_ms is None else f" in {answer.latency_ms} ms"
            bad = not answer.reachable or answer.severity == "error"
            told = f"the database is {'reached' if answer.reachable else 'not reached'}{latency} ({answer.severity})"
            return _check("health", "fail" if bad else "pass", f"{told}; over all it is {answer.overall}")


def same_count(
    what: Literal["users", "templates", "groups"], told: int | Skipped | Broken, *, database: Counted | Broken
) -> PlatformCheck:
    """The API's count is that of the serving database, which was counted before and after the API was asked."""
    match told, database:
        case Skipped(reason=reason), _:
            return _check(what, "skip", reason)
        case (Broken(reason=reason), _) | (_, Broken(reason=reason)):
            return _check(what, "fail", reason)
        case int(), Counted(least=least, most=most):
            expected = str(least) if least == most else f"{least} to {most}"
            return _check(what, "pass" if least <= told <= most else "fail", f"API {told}, database {expected}")
    raise AssertionError("every kind of answer is judged above")


def named(place: str, *, left: str | None) -> PlatformCheck:
    """The Secret has not been led back: what keeps it (Argo CD, External Secrets) may do so while coderd still runs.

    Both are `host:port`. That it names `left` is the fault: it may name the serving one by another name than AWS's.
    """
    return _check("secret", "fail" if place == left else "pass", f"it names {place}")


def serving(connections: int | Broken) -> PlatformCheck:
    """That coderd is connected to the database that it is to serve."""
    if isinstance(connections, Broken):
        return _check("connected", "fail", connections.reason)
    return _check("connected", "pass" if connections >= 1 else "fail", f"{connections} connections of coderd's login")


def left(connections: int | Skipped | Broken) -> PlatformCheck:
    """Nobody is connected to the database that it is not to serve."""
    if isinstance(connections, Skipped | Broken):
        return _check("disconnected", "skip", connections.reason)
    return _check("disconnected", "fail" if connections else "pass", f"{connections} connections of coderd's login")


def quiet(replicas: Mapping[str, Said] | Skipped) -> PlatformCheck:
    """No log tells a database that cannot be entered. That a ready replica had to try again at its start is told."""
    if isinstance(replicas, Skipped):
        return _check("logs", "skip", replicas.reason)
    bad = [f"{name}: {told}" for name, said in replicas.items() if (told := _complaint(said))]
    if bad:
        return _check("logs", "fail", "; ".join(bad))
    tried = sum(_RETRYING in said.log for said in replicas.values())
    return _check("logs", "pass", f"{tried} replicas had to try again at their start" if tried else "nothing is told")


def _complaint(said: Said) -> str | None:
    for log in (said.log, said.before):
        for line in log.splitlines():
            for phrase in _BROKEN_LINES:
                if phrase in line and not any(level in line for level in _BENIGN):
                    return f'"{phrase}" in its log'
    return f'"{_RETRYING}" in its log' if _RETRYING in said.log and not said.ready else None


def _reasons(answers: Iterable[object]) -> str:
    return "; ".join(dict.fromkeys(each.reason for each in answers if isinstance(each, Skipped)))


def _release(version: str) -> str:
    """`v2.29.1+0123abc` and the image's tag `v2.29.1` are one."""
    return version.removeprefix("v").partition("+")[0]


_TITLES: Mapping[str, str] = {
    "rollout": "Every replica of coderd is updated and available",
    "alive": "Every replica answers /healthz",
    "version": "coderd is of the same version as before",
    "health": "coderd says that it reaches its database",
    "users": "Users by the API and in the database",
    "templates": "Templates by the API and in the database",
    "groups": "Groups by the API and in the database",
    "secret": "coderd's Secret does not name the other database",
    "connected": "coderd is connected to the database that it is to serve",
    "disconnected": "Nobody is connected to the other database",
    "logs": "The replicas' logs tell no trouble with the database",
}


def _check(id_: str, verdict: Verdict, detail: str) -> PlatformCheck:
    return PlatformCheck(id=id_, title=_TITLES[id_], verdict=verdict, detail=detail)
