"""One trace, three ways of scaling, each on a platform of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from day2.scaling.simulation.figures import Figures, Recorder, Sample
from day2.scaling.simulation.guarded import Guarded
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.trace import Trace
from day2.scaling.simulation.ways import AlwaysPeak, Change, Fixed, Way
from day2.scaling.simulation.world import World
from lambdas.scaling.calendar import Entry, timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one way. `killed`: minute -> running workspaces that ended in it."""

    figures: Figures
    samples: tuple[Sample, ...]
    changes: tuple[Change, ...]
    killed: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The three ways on one trace."""

    trace: Trace
    setting: Setting
    guarded: Outcome
    fixed: Outcome
    always_peak: Outcome

    @property
    def days(self) -> int:
        """Local days, whatever their length."""
        return _days(self.trace, self.setting)


def compare(trace: Trace, setting: Setting) -> Comparison:
    """Run all three."""
    return Comparison(
        trace=trace,
        setting=setting,
        guarded=run_guarded(trace, setting),
        fixed=run_fixed(trace, setting),
        always_peak=_run(AlwaysPeak(_world(trace, setting, nodes=setting.highest)), trace, ()),
    )


def run_guarded(trace: Trace, setting: Setting) -> Outcome:
    """Ours alone."""
    entries = _entries(trace, setting)
    way = Guarded(_world(trace, setting, nodes=setting.lowest), entries, setting, trace)
    outcome = _run(way, trace, _promised(entries, trace))
    return replace(outcome, figures=replace(outcome.figures, spared=way.spared, decisions=way.decided))


def run_fixed(trace: Trace, setting: Setting) -> Outcome:
    """Today's alone: it orders at the crontab's time, by which ours has its nodes Ready."""
    punctual = tuple(replace(each, ahead_minutes=0) for each in setting.schedules)
    entries = _entries(trace, replace(setting, schedules=punctual, holidays=frozenset()))
    way = Fixed(_world(trace, setting, nodes=setting.lowest), entries)
    return _run(way, trace, _promised(_entries(trace, setting), trace))


def _world(trace: Trace, setting: Setting, *, nodes: int) -> World:
    world = World(setting.fabric, nodes=nodes)
    for each in trace.present:
        world.start(each)
    world.starts = 0
    return world


def _entries(trace: Trace, setting: Setting) -> tuple[tuple[int, Entry], ...]:
    """What the clock does, with its minutes."""
    days = max(_days(trace, setting), 1)
    found = timetable(setting.schedules, zone=setting.zone, holidays=setting.holidays, start=trace.begins, days=days)
    return tuple((trace.minute(each.at), each) for each in found.entries)


def _days(trace: Trace, setting: Setting) -> int:
    return (trace.ends.astimezone(setting.zone).date() - trace.begins.astimezone(setting.zone).date()).days


def _promised(entries: tuple[tuple[int, Entry], ...], trace: Trace) -> list[tuple[int, int]]:
    """From which minute on how many nodes are to be Ready: what is ordered next takes back what was promised before."""
    return sorted(
        (trace.minute(each.ready_by), each.schedule.desired) if each.ready_by else (minute, 0)
        for minute, each in entries
        if not each.held
    )


def _run(way: Way, trace: Trace, promised: list[tuple[int, int]] | tuple[()]) -> Outcome:
    """From one minute in which something happens to the next."""
    world, recorder = way.world, Recorder(way.world, promised)
    events, end = trace.by_minute(), trace.minutes
    coming = next(events, None)
    while world.minute < end:
        if coming is not None and coming[0] <= world.minute:
            for each in coming[1]:
                (world.start if each.verb == "start" else world.stop)(each.workspace)
            coming = next(events, None)
        way.act()
        recorder.look()
        moments = (coming and coming[0], world.next_ready, way.due(), recorder.due(), end)
        following = min(each for each in moments if each is not None)
        recorder.elapse(following - world.minute)
        world.advance(following)
    return Outcome(
        figures=recorder.figures(changes=len(way.changes)),
        samples=tuple(recorder.samples),
        changes=tuple(way.changes),
        killed=dict(world.killed),
    )
