"""The ASL files by themselves: what two interpreters and AWS read alike, and what the steps' contracts ask."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate, chain, islice, takewhile
from math import ceil
from typing import Any

import pytest
from annotated_types import Le
from statelint.linter import Linter

from cdk.settings import Restore
from lambdas import errors, steps
from lambdas.errors import Day2Error, NotYet, Refused
from lambdas.platform.handlers import await_rollout, await_stopped
from lambdas.recovery.orphans import MOST_AT_ONCE
from lambdas.recovery.restoring import LONGEST_EXECUTION, PATIENCE
from lambdas.recovery.teardown import CEILING
from lambdas.restoration import holding
from lambdas.restoration.handlers import open_database, open_restore, silence_database, swap_identifiers
from lambdas.scaling.handlers import await_gone, lower_pods
from lambdas.settings import LONGEST_DEFER_MINUTES, LONGEST_READY_MINUTES

from .asl import ASKS, FILES, State, load, scopes, states, substitutions, tasks, text
from .cloud import SETTINGS
from .interpreter import substituted

LAMBDA_SERVICE_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
}
FLOW = {"Type", "Comment", "Next", "End"}
FIELDS = {
    "Task": FLOW | {"Resource", "Parameters", "TimeoutSeconds", "ResultPath", "OutputPath", "Retry", "Catch"},
    ASKS: FLOW | {"Resource", "Parameters", "TimeoutSecondsPath", "ResultPath", "Retry", "Catch"},
    "Parallel": FLOW | {"Parameters", "Branches", "ResultSelector", "ResultPath", "Catch"},
    "Map": FLOW | {"ItemsPath", "ItemSelector", "MaxConcurrency", "ItemProcessor", "ResultPath", "Catch"},
    "Choice": {"Type", "Comment", "Choices", "Default"},
    "Wait": FLOW | {"Seconds"},
    "Pass": FLOW | {"InputPath", "ResultPath"},
    "Succeed": {"Type", "Comment", "OutputPath"},
    "Fail": {"Type", "Comment", "ErrorPath", "CausePath"},
}
COMPARISONS = {"BooleanEquals", "StringEquals", "IsPresent"}
PLAIN_PATH = r"^\$\$?(\.[A-Za-z_][A-Za-z0-9_]*|\[\d+\])*$"
STEP_CONTEXT = {
    "state.$": "$$.State.Name",
    "entered_at.$": "$$.State.EnteredTime",
    "retries.$": "$$.State.RetryCount",
    "execution.$": "$$.Execution.Id",
    "execution_started_at.$": "$$.Execution.StartTime",
}
# Whoever answers a question ends its state by one of these, or its time does.
ANSWERS = {"ApprovalRejected", "States.Timeout"}
A_SHORT_WAIT_SECONDS = 15 * 60
HISTORY_EVENTS = 25_000
EVENTS_AN_ATTEMPT = 3  # LambdaFunctionScheduled, LambdaFunctionStarted, LambdaFunctionFailed

ALL_STATES = [state for machine in FILES for state in states(machine)]
ALL_TASKS = [state for machine in FILES for state in tasks(machine)]


def named(found: list[State]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("state", found, ids=lambda state: state.label)


every_state = named(ALL_STATES)
every_task = named(ALL_TASKS)
every_machine = pytest.mark.parametrize("machine", FILES)


@every_machine
def test_the_language_specification_finds_no_fault(machine: str) -> None:
    assert Linter.validate(json.loads(substituted(text(machine)))) == []


@every_machine
def test_a_machine_says_what_it_is_for_and_ends_by_itself(machine: str) -> None:
    assert load(machine)["Comment"]
    assert load(machine)["TimeoutSeconds"] > 0


@every_machine
def test_every_state_is_reachable_and_every_way_leads_to_a_state(machine: str) -> None:
    for scope, enclosing in scopes(machine):
        reached, ahead = set(), {scope["StartAt"]}
        while ahead:
            name = ahead.pop()
            assert name in scope["States"], f"{name} is named but does not exist"
            reached.add(name)
            [state] = [each for each in states(machine) if each.name == name and each.scope == scope]
            ahead |= state.targets() - reached
        assert reached == set(scope["States"]), f"unreachable within {enclosing and enclosing.label}"


@every_machine
def test_the_functions_named_are_steps_and_nothing_else_is_substituted(machine: str) -> None:
    assert substitutions(machine) == {task.step.name for task in tasks(machine)}
    assert substitutions(machine) <= set(steps.BY_NAME)


def test_every_step_has_a_state_but_those_that_people_alarms_and_the_minute_call() -> None:
    of_others = {step.name for step in (*steps.OPERATIONS, *steps.SCALE_SIGNALS)}
    assert {name for machine in FILES for name in substitutions(machine)} == set(steps.BY_NAME) - of_others


@every_state
def test_a_state_explains_itself_and_uses_only_what_both_interpreters_and_aws_read_alike(state: State) -> None:
    assert state.body["Comment"]
    kind = ASKS if state.body.get("Resource") == ASKS else state.body["Type"]
    assert set(state.body) <= FIELDS[kind]


@every_state
def test_every_path_is_plain(state: State) -> None:
    for key, path in _paths(dict(state.body)):
        assert isinstance(path, str), key
        assert re.match(PLAIN_PATH, path), f"{key}: {path}"
    selected = dict(_paths(state.body.get("ResultSelector", {})))
    assert not [path for path in selected.values() if path.startswith("$$")], "ResultSelector sees no context"


@every_state
def test_a_choice_tests_one_field_and_only_by_comparisons_both_interpreters_know(state: State) -> None:
    for choice in state.body.get("Choices", []):
        rule = choice.get("Not", choice)
        assert set(rule) - {"Next", "Variable"} <= COMPARISONS
        assert len(set(rule) & COMPARISONS) == 1
    if state.body["Type"] == "Choice":
        assert state.body["Default"], "without a Default an unforeseen value has no way out"


@every_state
def test_a_result_keeps_to_its_own_path_and_never_replaces_the_input(state: State) -> None:
    if state.body["Type"] in {"Task", "Map", "Parallel"}:
        path = state.body["ResultPath"]
        assert path.startswith("$.")
        assert path.count(".") == 1
        writers = [each.name for each in _siblings(state) if _works(each) and each.body["ResultPath"] == path]
        assert writers == [state.name]
    for catcher in state.body.get("Catch", []):
        if state.scope["States"][catcher["Next"]]["Type"] == "Fail":
            continue
        assert catcher["ResultPath"].startswith("$.")
        assert catcher["ResultPath"] not in {each.body.get("ResultPath") for each in _siblings(state) if _works(each)}


@named([each for each in ALL_TASKS if not each.asks])
def test_a_task_is_timed_after_its_function(state: State) -> None:
    assert state.step.timeout_seconds < state.body["TimeoutSeconds"] <= state.step.timeout_seconds + 60


@named([each for each in ALL_TASKS if each.asks])
def test_a_question_hands_on_its_token_ends_in_its_own_time_and_knows_each_answer(state: State) -> None:
    """One that was told no token could never be answered; one without a time would wait for ever."""
    assert set(state.body["Parameters"]) == {"FunctionName", "Payload"}
    assert state.told["token.$"] == "$$.Task.Token"
    assert state.body["TimeoutSecondsPath"].startswith("$.")
    first, *_ = state.body["Catch"]
    assert set(first["ErrorEquals"]) == ANSWERS
    assert first["ResultPath"] not in {each["ResultPath"] for each in state.body["Catch"][1:]}, "a no is no failure"


def test_nobody_waits_for_a_token_but_the_question() -> None:
    assert [each.label for each in ALL_TASKS if each.asks] == ["platform-restore.AskApproval"]
    assert [each.label for each in ALL_TASKS if "$$.Task.Token" in json.dumps(each.body) and not each.asks] == []


@every_task
def test_a_function_is_told_who_calls(state: State) -> None:
    assert state.told["step"] == STEP_CONTEXT


@every_task
def test_nothing_unnamed_is_ever_retried(state: State) -> None:
    assert not {"States.ALL", "States.TaskFailed", "States.Timeout"} & set(state.retries())


@every_task
def test_what_a_step_says_will_pass_is_retried_by_its_exact_name(state: State) -> None:
    assert {error.__name__ for error in state.step.raises if issubclass(error, NotYet)} <= set(state.retries())


@every_task
def test_what_a_step_refuses_is_caught(state: State) -> None:
    refused = {error.__name__ for error in state.step.raises if issubclass(error, Refused)}
    assert "States.ALL" in state.caught() or refused <= state.caught()


@every_task
def test_a_bug_is_caught_too(state: State) -> None:
    assert "States.ALL" in state.caught()


@every_state
def test_what_escapes_from_within_a_map_or_parallel_is_caught(state: State) -> None:
    """Whatever a branch or an item does not catch by itself; `test_composite_faults` shows each."""
    if state.body["Type"] in {"Map", "Parallel"}:
        assert "States.ALL" in state.caught()


@every_task
def test_no_edge_waits_for_an_error_that_its_step_never_raises(state: State) -> None:
    declared = {error.__name__ for error in state.step.raises}
    assert set(state.retries()) <= declared | LAMBDA_SERVICE_ERRORS
    own = {error for catcher in state.body.get("Catch", []) for error in catcher["ErrorEquals"]}
    assert own <= declared | {"States.ALL"} | (ANSWERS if state.asks else set())


@every_task
def test_refusals_are_not_retried(state: State) -> None:
    for error in state.retries():
        ours = getattr(errors, error, None)
        assert ours is None or issubclass(ours, NotYet)


@every_task
def test_a_function_that_could_not_be_reached_is_called_again_spread_out(state: State) -> None:
    retries = state.retries()
    assert set(retries) >= LAMBDA_SERVICE_ERRORS
    for error in LAMBDA_SERVICE_ERRORS:
        assert retries[error]["JitterStrategy"] == "FULL"
        assert retries[error]["MaxAttempts"] >= 8


@every_task
def test_every_wait_has_a_ceiling(state: State) -> None:
    """A step that ends its wait itself needs attempts that last longer; where none does, the attempts end it soon."""
    for error in _waits(state.step):
        retrier = state.retries()[error.__name__]
        longest = sum(islice(_pauses(retrier), retrier["MaxAttempts"]))
        ceiling = _ceiling(state, error)
        if ceiling is not None:
            assert longest > ceiling.total_seconds(), "the attempts end before the step's own ceiling can speak"
        else:
            assert longest <= A_SHORT_WAIT_SECONDS


def test_a_step_that_says_overdue_has_a_ceiling_and_so_has_one_that_says_there_is_no_way_back() -> None:
    late = {each.step.name for each in tasks("platform-restore") if _watches_its_time(each.step)}
    assert late | {"OpenDatabase", "Soak"} == {step for step, _error in CEILINGS}


@every_task
def test_polls_start_short_grow_and_are_never_much_late(state: State) -> None:
    """Beyond 5 s a wait is seen to be over within 1 % of its own length, until the pause reaches a minute."""
    for error in _waits(state.step) - {errors.DatabaseNotReachable}:
        waited = 0.0
        for pause in islice(_pauses(state.retries()[error.__name__]), 200):
            assert pause <= 5 + waited / 100 + 0.01
            waited += pause


@pytest.mark.parametrize("machine", ["dr-drill", "sweep"])
def test_the_longest_possible_run_stays_within_the_history(machine: str) -> None:
    """If every wait lasted as long as the machine may run, each polling alone."""
    end = load(machine)["TimeoutSeconds"]
    attempts = 0
    for state in tasks(machine):
        for error in _waits(state.step):
            waited = 0.0
            for pause in islice(
                _pauses(state.retries()[error.__name__]), state.retries()[error.__name__]["MaxAttempts"]
            ):
                waited += pause
                if waited > end:
                    break
                attempts += 1
    assert attempts * EVENTS_AN_ATTEMPT < HISTORY_EVENTS / 2


def test_the_history_of_a_restore_holds_every_wait_to_its_ceiling_forth_and_back() -> None:
    """Waits for the restored cluster have one ceiling together: of all their pauses the shortest fit in most often."""
    waits = [(state, error) for state in tasks("platform-restore") for error in _waits(state.step)]
    together = [each for each in waits if _ceiling(*each) == open_restore.PATIENCE]
    attempts = sum(_looks([each]) for each in waits if each not in together) + _looks(together)
    assert attempts * EVENTS_AN_ATTEMPT < HISTORY_EVENTS * 0.6


def test_a_restore_that_waits_to_every_ceiling_still_comes_to_its_end() -> None:
    """From the restore to the way back, to the settings' longest answer and soak, and an hour for the rest."""
    waits = {
        (state.name, ceiling)
        for state in tasks("platform-restore")
        for error in _waits(state.step)
        if (ceiling := _ceiling(state, error) or timedelta(seconds=A_SHORT_WAIT_SECONDS)) != open_restore.PATIENCE
    }
    approval = timedelta(minutes=_at_most("approval_minutes"))
    longest = open_restore.PATIENCE + approval + sum((each for _, each in waits), timedelta(hours=1))
    machine = timedelta(seconds=load("platform-restore")["TimeoutSeconds"])
    assert longest < machine < holding.LONGEST_EXECUTION, "the lock outlives the machine, the machine its waits"


def test_a_drill_that_waits_to_every_ceiling_still_comes_to_its_end() -> None:
    """Restore, then database and namespace one after the other, and an hour for all that does not wait."""
    objective = timedelta(minutes=SETTINGS.objectives.rto_minutes)
    longest = objective * PATIENCE + 2 * CEILING + timedelta(hours=1)
    assert longest <= timedelta(seconds=load("dr-drill")["TimeoutSeconds"]) < LONGEST_EXECUTION


def test_a_sweep_outlasts_all_that_it_takes_at_once_if_none_of_them_can_be_deleted() -> None:
    """Database and namespace one after the other, and an hour for all that does not wait."""
    rounds = ceil(MOST_AT_ONCE / load("sweep")["States"]["SweepEach"]["MaxConcurrency"])
    longest = rounds * 2 * CEILING + timedelta(hours=1)
    assert longest < timedelta(seconds=load("sweep")["TimeoutSeconds"]) < timedelta(days=1)


def test_a_deferred_scaling_gives_up_before_its_machine_does() -> None:
    rounds = timedelta(seconds=load("scale")["States"]["WaitForRoom"]["Seconds"])
    ready = timedelta(minutes=LONGEST_READY_MINUTES)
    assert timedelta(minutes=LONGEST_DEFER_MINUTES) + 2 * rounds < timedelta(seconds=load("scale")["TimeoutSeconds"])
    assert ready + 2 * rounds < timedelta(seconds=load("scale")["TimeoutSeconds"])


def test_the_history_of_a_sweep_holds_all_that_it_takes_at_once_if_none_of_them_can_be_deleted() -> None:
    attempts = sum(
        sum(1 for _ in takewhile(lambda waited: waited <= CEILING.total_seconds(), accumulate(_pauses(retrier)))) + 2
        for task in tasks("sweep")
        for error, retrier in task.retries().items()
        if error in {each.__name__ for each in _waits(task.step)}
    )
    assert attempts * EVENTS_AN_ATTEMPT * MOST_AT_ONCE < HISTORY_EVENTS * 0.9


@every_machine
def test_nothing_follows_the_first_failure_but_the_way_out(machine: str) -> None:
    """A Catch of the main line leads to the teardown, the evidence, or an end: never back to work."""
    work = {"ChooseRecoveryPoint", "PrepareCopy", "ProveIsolation", "PlanVerification", "VerifyDatabase", "Judge"}
    caught = {catcher["Next"] for state in states(machine) for catcher in state.body.get("Catch", [])}
    assert not caught & work


def test_a_failed_restore_goes_back_as_soon_as_the_platform_was_touched_and_not_before_or_after() -> None:
    """Until the stop nothing is to be taken back; from it to the soak everything; a way back that fails ends fenced."""
    line = [state.name for state in states("platform-restore") if state.enclosing is None]
    back = line.index("BackStopPlatform")
    touched = line[line.index("StopPlatform") : line.index("Soak") + 1]
    told = {"SettleGroups": "Reconcile", "Reconcile": "WriteHandover", "RecordRestore": "AnnounceRestore"}
    for state in states("platform-restore"):
        if state.enclosing is not None or not _works(state):
            continue
        *named_ones, last = state.body["Catch"]
        assert last["ErrorEquals"] == ["States.ALL"]
        if state.name in told:
            assert last["Next"] == told[state.name], "what served is kept; that it could not be told is told"
        elif state.name == "AnnounceRestore":
            assert last["Next"] == "ReportOutcome"
        else:
            assert last["Next"] == ("BackStopPlatform" if state.name in touched else "RecordRestore"), state.name
        if back <= line.index(state.name) < line.index("BackSettleGroups"):
            assert last["ResultPath"] == "$.back_failure", "the first failure is not overwritten"
        assert {each["Next"] for each in named_ones} <= {"RestoreRefused", "RecordRestore"}


def _at_most(setting: str) -> float:
    """The most that the settings of a restore may say."""
    [most] = [bound.le for bound in Restore.model_fields[setting].metadata if isinstance(bound, Le)]
    return float(str(most))


CEILINGS: Mapping[tuple[str, type[Day2Error]], timedelta] = {
    ("AwaitCluster", errors.ClusterNotReady): open_restore.PATIENCE,
    ("AwaitInstances", errors.InstanceNotReady): open_restore.PATIENCE,
    ("SetMasterPassword", errors.ClusterNotReady): open_restore.PATIENCE,
    ("AwaitStopped", errors.PodsStillRunning): await_stopped.CEILING,
    ("SilenceDatabase", errors.StillConnected): silence_database.CEILING,
    ("SwapIdentifiers", errors.NamesNotSettled): swap_identifiers.CEILING,
    ("AwaitRollout", errors.RolloutNotComplete): await_rollout.CEILING,
    ("OpenDatabase", errors.DatabaseNotReachable): open_database.CEILING,
    ("Soak", errors.SoakNotOver): timedelta(minutes=_at_most("soak_minutes")),
}
"""What the steps of a restore end by themselves, by what they wait for. A drill's have their objective and no other."""

CEILINGS_OF_A_SCALING: Mapping[tuple[str, type[Day2Error]], timedelta] = {
    ("AwaitNodes", errors.NodesNotReady): timedelta(minutes=LONGEST_READY_MINUTES),
    ("AwaitGone", errors.NodesNotGone): await_gone.CEILING,
    ("RaisePods", errors.PodsNotReady): timedelta(minutes=LONGEST_READY_MINUTES),
    ("LowerPods", errors.PodsStillRunning): lower_pods.CEILING,
}


def _ceiling(state: State, error: type[Day2Error]) -> timedelta | None:
    """How long its step says this error at most; of a drill's the machine's own end, which no objective reaches."""
    if state.machine == "platform-restore":
        return CEILINGS.get((state.step.name, error))
    if state.machine == "scale":
        return CEILINGS_OF_A_SCALING.get((state.step.name, error))
    return timedelta(seconds=load(state.machine)["TimeoutSeconds"]) if _watches_its_time(state.step) else None


def _watches_its_time(step: steps.Step) -> bool:
    return any(error.__name__.endswith("Overdue") for error in step.raises)


def _looks(waits: Sequence[tuple[State, type[Day2Error]]]) -> int:
    """How often is looked in these waits, which share their ceiling, until it."""
    ceiling = _ceiling(*waits[0]) or timedelta(seconds=A_SHORT_WAIT_SECONDS)
    retriers = [state.retries()[error.__name__] for state, error in waits]
    pauses = chain.from_iterable(islice(_pauses(each), each["MaxAttempts"]) for each in retriers)
    return sum(1 for waited in accumulate(sorted(pauses)) if waited <= ceiling.total_seconds())


def _waits(step: steps.Step) -> set[type[Day2Error]]:
    return set(step.waits_for)


def _pauses(retrier: Any) -> Iterator[float]:
    pause = float(retrier["IntervalSeconds"])
    while True:
        yield min(pause, retrier["MaxDelaySeconds"])
        pause *= retrier["BackoffRate"]


def _siblings(state: State) -> list[State]:
    return [each for each in states(state.machine) if each.scope == state.scope]


def _works(state: State) -> bool:
    return state.body["Type"] in {"Task", "Map", "Parallel"}


def _paths(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every path within a state, but not those of the states inside it."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in {"Branches", "ItemProcessor"}:
                continue
            if name.endswith((".$", "Path")) or name == "Variable":
                yield name, value
            else:
                yield from _paths(value, name)
    elif isinstance(node, list):
        for item in node:
            yield from _paths(item, key)
