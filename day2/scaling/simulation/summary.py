"""What a comparison comes to: for a script, and for the table that terminal and page both show."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from day2.scaling.simulation.comparison import Comparison, Outcome
from day2.scaling.simulation.figures import Figures
from lambdas import payload
from lambdas.words import number

USD_PER_NODE_HOUR = 0.4032
"""List price of an m7i.2xlarge (8 vCPU, 32 GiB), on demand in us-east-1: an assumption, to be told one's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One of the ways by its name in documents, and as it is called."""

    key: str
    title: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of all ways, in their order; `bad` where another value than none is a fault."""

    title: str
    values: tuple[str, ...]
    bad: tuple[bool, ...]


def ways(found: Comparison) -> tuple[Way, Way, Way]:
    """Ours first, then those that it is measured by."""
    lowest, highest = found.setting.lowest, found.setting.highest
    return (
        Way(key="guarded", title="clock and alarms", outcome=found.guarded),
        Way(key="fixed", title=f"fixed {lowest}/{highest}", outcome=found.fixed),
        Way(key="always_peak", title=f"always {highest}", outcome=found.always_peak),
    )


def saved(ours: Figures, other: Figures) -> float:
    """The share of the other's node-hours that ours does without; negative where ours takes more."""
    return 1 - ours.node_hours / other.node_hours if other.node_hours else 0.0


def compared(ours: Figures, other: Figures) -> str:
    """`25 % fewer node-hours`, `45 % more node-hours`, `as many node-hours`."""
    share = round(100 * saved(ours, other))
    if share == 0:
        return "as many node-hours"
    return f"{abs(share)} % {'fewer' if share > 0 else 'more'} node-hours"


def rows(found: Comparison, *, usd_per_node_hour: float) -> tuple[Row, ...]:
    """The figures side by side."""
    told: tuple[tuple[str, Callable[[Figures], float], str], ...] = (
        ("running workspaces ended", lambda each: each.killed, "bad"),
        ("minutes late", lambda each: each.late_minutes, "bad"),
        ("starts that waited for a node", lambda each: each.waited, ""),
        ("longest wait, minutes", lambda each: each.longest_wait_minutes, ""),
        ("node-hours", lambda each: each.node_hours, ""),
        ("cost", lambda each: each.node_hours * usd_per_node_hour, "usd"),
        ("changes of size", lambda each: each.changes, ""),
        ("most nodes at once", lambda each: each.most_nodes, ""),
    )
    figures = [each.outcome.figures for each in ways(found)]
    return tuple(
        Row(
            title=title,
            values=tuple(f"{'$' if kind == 'usd' else ''}{number(round(value(each)))}" for each in figures),
            bad=tuple(kind == "bad" and value(each) > 0 for each in figures),
        )
        for title, value, kind in told
    )


def document(found: Comparison, *, environment: str, usd_per_node_hour: float) -> Mapping[str, Any]:
    """For `--json`: hours, minutes and nodes as in `Figures`; dollars; shares from 0 to 1."""
    trace, setting = found.trace, found.setting
    ours = found.guarded.figures
    return {
        "environment": environment,
        "node_group": setting.policy.node_group,
        "time_zone": setting.zone.key,
        "from": payload.instant(trace.begins),
        "until": payload.instant(trace.ends),
        "trace": trace.origin,
        "usd_per_node_hour": usd_per_node_hour,
        "fabric": asdict(setting.fabric),
        "ways": {
            each.key: {
                **asdict(each.outcome.figures),
                "cost_usd": round(each.outcome.figures.node_hours * usd_per_node_hour, 2),
            }
            for each in ways(found)
        },
        "node_hours_saved": {
            "relative_to_fixed": round(saved(ours, found.fixed.figures), 4),
            "relative_to_always_peak": round(saved(ours, found.always_peak.figures), 4),
        },
    }
