"""What a person does after a restore, in the order in which it matters. Decided from the record alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas import payload
from lambdas.errors import RestoreSuperseded
from lambdas.evidence.restore_changes import READ_ONLY
from lambdas.words import clock, dollars, plural, sentence

Record = Mapping[str, Any]
_MERGE = "# now merge $handover/changes.tfvars into your variables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to do.

    mind     what goes wrong where it is not heeded, a sentence each
    command  what to type for it, line by line, where there is something
    """

    title: str
    detail: str
    mind: tuple[str, ...] = ()
    command: str | None = None


def advice(record: Record) -> tuple[Advice, ...]:
    """Everything that is left to people."""
    following = {
        "kept": _kept,
        "rolled-back": _rolled_back,
        "fenced": _fenced,
        "not-cut-over": _stands_beside,
        "beside": _stands_beside,
        "failed": _failed,
    }
    return tuple(following[record["outcome"]["result"]](record))


def hourly(record: Record) -> str:
    """What the restored cluster costs while it stands: `at least $0.48 an hour`."""
    cost = (record["plan"] or {}).get("hourly_cost_dollars")
    return f"at least {dollars(cost)} an hour" if cost else "its storage, and what capacity it takes"


def _kept(record: Record) -> Iterator[Advice]:
    yield from _terraform(record)
    if record["restore"]["strategy"] == "repoint":
        yield Advice(
            title="Name the new cluster in the settings",
            detail=f"Until that is deployed, drills and restores go on looking at {record['restore']['source']}.",
            command=f'# config/{record["environment"]}.toml\n[source]\ncluster = "{record["clusters"]["restored"]}"',
        )
    yield from _loose_ends(record)
    yield from _mismatches(record)
    yield Advice(
        title="Prove the new backups",
        detail="The restored cluster's own backups begin with it; what lies before is in the old cluster's.",
        command=f"day2 drill{_where(record)}",
    )
    old = record["clusters"]["old"]
    if old is not None:
        yield Advice(
            title="Retire the old cluster, when nobody misses anything any more",
            detail=f"{old} stays as it is: {_closed(record)}, protected from deletion, and paid for. Retiring asks for "
            "its name and takes a last snapshot.",
            command=f"day2 retire {old}{_where(record)}",
        )


def _closed(record: Record) -> str:
    """How the old cluster was closed, as far as it was."""
    done = {each["what"] for each in record["changes"]}
    if READ_ONLY in done:
        return f"fenced, and read only until somebody resets {READ_ONLY} of its database"
    return "fenced, though it did not answer to be made read only" if "security groups" in done else "out of service"


def _rolled_back(record: Record) -> Iterator[Advice]:
    yield Advice(
        title="See why it did not hold",
        detail="The platform is where it was: same database, same secrets, same replicas. Terraform and the settings "
        "need nothing.",
    )
    yield from _loose_ends(record)
    yield from _left_behind(record)
    yield _retire_the_restored(record)


def _left_behind(record: Record) -> Iterator[Advice]:
    """What was written while coderd ran on the restored database."""
    loss = record["loss"]
    if loss["stands_in"] == "restored" and loss["began_at"]:
        until = f" to {_clock(loss['ended_at'])}" if loss["ended_at"] else ""
        yield Advice(
            title="Look for work done meanwhile",
            detail=f"From {_clock(loss['began_at'])}{until} coderd ran on {record['clusters']['restored']}: what was "
            "written then stands there alone.",
        )


def _fenced(record: Record) -> Iterator[Advice]:
    serving, before = record["serving"]["database"], record["platform"]
    if serving == "nothing":
        yield Advice(
            title="Bring it back from another recovery point",
            detail="Start another restore; it takes the platform as it stands. By hand: the runbook's chapter Fenced.",
            command=f"day2 restore --to POINT{_where(record)}",
        )
    else:
        yield Advice(
            title="Look at the platform before you do anything else",
            detail="How many replicas coderd has, which database its Secret names, and who is connected to which: the "
            "runbook's chapter Fenced goes through it.",
        )
    if before is not None:
        counts = [before["coder"], *before["provisioners"]]
        told = ", ".join(f"{each['namespace']}/{each['name']} {each['replicas']}" for each in counts)
        yield Advice(title="Remember what it had", detail=f"Replicas before the fence: {told}.")
    yield from _loose_ends(record)
    yield from _left_behind(record)
    if record["target"]:
        yield _retire_the_restored(
            record,
            "Only once another database is seen to serve: this one may be the one that does, or be needed for it.",
        )


def _stands_beside(record: Record) -> Iterator[Advice]:
    name = record["clusters"]["restored"]
    yield Advice(
        title="Cut over by a new restore, if it is wanted after all",
        detail=f"{name} stands beside, verified and untouched, and is not picked up again: a new restore goes back no "
        "further than it has to.",
        command=f"day2 restore --to {record['restore']['requested'] or 'POINT'}{_where(record)}",
    )
    yield from _loose_ends(record)
    yield _retire_the_restored(record)


_SUPERSEDED = Advice(
    title="Go by the other restore's report",
    detail="This one was redriven after another had led the platform, and changed nothing then. What it restored "
    "stays, protected from deletion, until somebody retires it.",
)


def _failed(record: Record) -> Iterator[Advice]:
    told = record["outcome"]
    if any(each["name"] == RestoreSuperseded.__name__ for each in (told["error"], *told["further"]) if each):
        yield _SUPERSEDED
        return
    yield Advice(
        title="Settle what stopped it, and start again",
        detail="Nothing of the platform was changed."
        if record["source_exists"] is not False
        else "Nothing of the platform was changed, and it still serves nothing: its old database is gone.",
        command=f"day2 restore --to {record['restore']['requested'] or 'POINT'}{_where(record)}",
    )
    if record["target"]:
        yield _retire_the_restored(record)


def _terraform(record: Record) -> Iterator[Advice]:
    handover = record["handover"]
    if handover is None:
        yield Advice(
            title="Keep Terraform away from the database",
            detail="What it has to be told was not written. Let nobody apply until its state names the cluster that "
            "serves: a plan may want to replace a live database.",
        )
        return
    yield Advice(
        title="Tell Terraform, before anybody's next apply",
        detail=sentence(handover["summary"]),
        mind=tuple(sentence(each) for each in handover["warnings"]),
        command=_handing_over(record) if "handover.sh" in handover["files"] else None,
    )


def _handing_over(record: Record) -> str:
    """The handover, step by step; the README among its files says what each does."""
    restore = record["restore"]["id"]
    variables = [] if record["restore"]["strategy"] == "swap-identifiers" else [_MERGE]
    return "\n".join(
        (
            "# fetch the files; what each does, README.md says",
            f"day2 report {restore}{_where(record)}",
            f'handover="$PWD/reports/{restore}/terraform"',
            "# in the folder of your root module, initialised",
            "cd ROOT-MODULE",
            "# on a copy of the state: changes nothing",
            'bash "$handover/handover.sh" rehearse',
            *variables,
            "# the state itself; keeps the plan that follows",
            'bash "$handover/handover.sh" hand-over',
            "# exactly that plan",
            'bash "$handover/handover.sh" apply',
        )
    )


def _loose_ends(record: Record) -> Iterator[Advice]:
    """What failed without ending the restore, or behind its end."""
    titles = {
        "settling": "Take the verifier's security group off the cluster that serves",
        "reconciliation": "Compare pods and database by hand",
    }
    for each in record["outcome"]["further"]:
        if each["part"] in titles:
            yield Advice(title=titles[each["part"]], detail=f"{each['name']}: {each['sentence']}")


def _mismatches(record: Record) -> Iterator[Advice]:
    found = record["reconciliation"]
    if found is None or found["unknown"]:
        return
    without_row, without_pod = found["without_row"]["count"], found["without_pod"]["count"]
    if without_row:
        yield Advice(
            title=f"Tell the owners of {plural(without_row, 'workspace')} that the database does not know",
            detail="They run, were made after the recovery point, and nobody reaches them through Coder any more. "
            "Nothing was deleted.",
        )
    if without_pod:
        yield Advice(
            title=f"Rebuild {plural(without_pod, 'workspace')} that the database takes for running",
            detail="They were stopped or deleted after the recovery point and have no pod.",
        )


def _retire_the_restored(record: Record, *mind: str) -> Advice:
    name = record["clusters"]["restored"] or record["restore"]["target"]
    return Advice(
        title="Retire the restored cluster, when it is not needed",
        detail=f"{name} costs {hourly(record)} for as long as it stays; a restore deletes no cluster.",
        mind=mind,
        command=f"day2 retire {name}{_where(record)}",
    )


def _where(record: Record) -> str:
    return "" if record["on_one_machine"] else f" --aws --env {record['environment']}"


def _clock(moment: str) -> str:
    return clock(payload.parse_instant(moment))
