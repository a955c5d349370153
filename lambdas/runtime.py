"""The wrapper around every handler: settings, context, timing, one log line, one error line.

`step` for what a state machine calls, `operation` for what a person calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger

from lambdas import payload
from lambdas import settings as runtime_settings
from lambdas.contracts import StepContext, Timing
from lambdas.errors import Day2Error, NotYet
from lambdas.settings import Settings

T = TypeVar("T")
Event = Mapping[str, Any]

logger = Logger(service="coder-day2", utc=True)


def utc_now() -> datetime:
    """The clock of every step; tests put virtual time in its place."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One invocation of a step: its event without the `step` field, and what every step may ask for."""

    event: Event
    context: StepContext
    settings: Settings
    now: datetime

    def take(self, kind: type[T], name: str) -> T:
        """The event's `name` as a contract. A missing field is a bug of the state machine, not of an operator."""
        return payload.read(kind, self.event[name])


def step(work: Callable[[Call], Any]) -> Callable[[Event, object], dict[str, Any]]:
    """Turn `work` into a Lambda handler.

    The result is `work`'s, as a JSON object, with a `timing` of its own. Named errors are logged on one line
    (a NotYet as information: it is the machine's normal waiting) and raised again for the machine to match.
    """

    @wraps(work)
    def handler(event: Event, _lambda_context: object) -> dict[str, Any]:
        context = payload.read(StepContext, event["step"])
        where = {"state": context.state, "execution": context.execution, "retries": context.retries}
        call = Call(
            event={name: value for name, value in event.items() if name != "step"},
            context=context,
            settings=runtime_settings.current(),
            now=utc_now(),
        )
        try:
            result = payload.write(work(call))
        except NotYet as waiting:
            logger.info(str(waiting), extra={**where, "error": type(waiting).__name__})
            raise
        except Day2Error as error:
            logger.error(str(error), extra={**where, "error": type(error).__name__})  # noqa: TRY400  one line, no trace
            raise
        except Exception as bug:
            logger.exception("unexpected error", extra={**where, "error": type(bug).__name__})
            raise
        timing = Timing(
            state=context.state, entered_at=context.entered_at, finished_at=utc_now(), retries=context.retries
        )
        logger.info("done", extra=where)
        return {**result, "timing": payload.write(timing)}

    return handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One invocation by a person: any JSON value, of which nothing is known yet, and nothing is ever logged."""

    event: Any
    settings: Settings
    now: datetime


def operation(work: Callable[[Operation], Any]) -> Callable[[Any, Any], dict[str, Any]]:
    """Turn `work` into a Lambda handler for people; the result is `work`'s, as a JSON object.

    A named error is an answer: logged on one line, and raised for Lambda to hand back by name and text.
    """

    @wraps(work)
    def handler(event: Any, lambda_context: Any) -> dict[str, Any]:
        where = {"operation": work.__module__.rpartition(".")[2], "request": _request(lambda_context)}
        try:
            result = payload.write(work(Operation(event=event, settings=runtime_settings.current(), now=utc_now())))
        except Day2Error as error:
            logger.warning(str(error), extra={**where, "error": type(error).__name__})
            raise
        except Exception as bug:
            logger.exception("unexpected error", extra={**where, "error": type(bug).__name__})
            raise
        logger.info("done", extra=where)
        return dict(result)

    return handler


def _request(lambda_context: Any) -> str:
    return str(getattr(lambda_context, "aws_request_id", "unknown"))
