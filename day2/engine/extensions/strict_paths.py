"""A JSONPath that finds nothing fails the execution, as on AWS, and so does one that MiniStack cannot read.

MiniStack resolves both to null and goes on. On AWS a missing path in Parameters, InputPath, ItemsPath,
ResultSelector, a Choice's Variable or a Fail's ErrorPath is `States.Runtime`, which no Retry or Catch takes
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html). A ResultPath through
something that is no object is `States.ResultPathMatchFailure`.

Filters, slices and `..` are valid on AWS; here they are refused rather than answered wrongly.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import stepfunctions

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.stepfunctions._ExecutionError",
    "services.stepfunctions._apply_result_path_raw",
    "services.stepfunctions._evaluate_rule",
    "services.stepfunctions._parse_jsonpath_tokens",
    "services.stepfunctions._resolve_ctx_path",
    "services.stepfunctions._resolve_path",
)

Token = tuple[str, Any]

_evaluate = stepfunctions._evaluate_rule
_put_result = stepfunctions._apply_result_path_raw


def install(_settings: EngineSettings) -> None:
    stepfunctions._resolve_path = resolve
    stepfunctions._resolve_ctx_path = resolve_in_context
    stepfunctions._evaluate_rule = evaluate
    stepfunctions._apply_result_path_raw = put_result


class _Missing(Exception):
    """The path leads nowhere."""


def resolve(path: str, data: Any) -> Any:
    """What `path` selects in `data`. A missing or unreadable path is the execution's end."""
    if not path or not path.startswith("$"):
        return data
    try:
        return _select(_tokens(path), data)
    except _Missing:
        raise stepfunctions._ExecutionError(
            "States.Runtime", f"The JSONPath '{path}' could not be found in the input of the state."
        ) from None


def resolve_in_context(path: str, context: Mapping[str, Any]) -> Any:
    """What `$$.…` selects in the context object."""
    if not context:
        raise stepfunctions._ExecutionError(
            "States.Runtime", f"The local engine does not see the context object here, so not '{path}'."
        )
    return resolve(path[1:], context)


def evaluate(rule: Mapping[str, Any], data: Any, context: Mapping[str, Any] | None = None) -> bool:
    """MiniStack's Choice, but a path to null is present, and no path is compared that leads nowhere."""
    if "IsPresent" not in rule:
        return bool(_evaluate(rule, data, context))
    path = rule["Variable"]
    whole, path = (context, path[1:]) if path.startswith("$$") else (data, path)
    try:
        _select(_tokens(path), whole)
    except _Missing:
        return rule["IsPresent"] is False
    return rule["IsPresent"] is True


def put_result(path: str | None, original: Any, result: Any) -> Any:
    """`original` with `result` at `path`; only objects lie on the way there."""
    if path not in (None, "$"):
        here = original
        for kind, name in _tokens(str(path)):
            if kind != "field" or not isinstance(here, dict):
                raise stepfunctions._ExecutionError(
                    "States.ResultPathMatchFailure", f"The ResultPath '{path}' does not fit the state's input."
                )
            here = here.get(name, {})
    return _put_result(path, original, result)


def _tokens(path: str) -> Sequence[Token]:
    tokens: Sequence[Token] | None = stepfunctions._parse_jsonpath_tokens(path)
    if tokens is None:
        raise stepfunctions._ExecutionError(
            "States.Runtime", f"The local engine does not read '{path}': names, indexes and [*] only."
        )
    return tokens


def _select(tokens: Sequence[Token], data: Any) -> Any:
    """One value, or after a `[*]` the list of all values that match."""
    for position, (kind, key) in enumerate(tokens):
        if kind == "wildcard":
            return _project(tokens[position:], data)
        data = _step(key, data)
    return data


def _project(tokens: Sequence[Token], data: Any) -> list[Any]:
    values = [data]
    for kind, key in tokens:
        if kind == "wildcard":
            values = [item for value in values for item in _items(value)]
        else:
            values = [_step(key, value) for value in values if _has(key, value)]
    return values


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _has(key: Any, value: Any) -> bool:
    try:
        _step(key, value)
    except _Missing:
        return False
    return True


def _step(key: Any, value: Any) -> Any:
    wanted = list if isinstance(key, int) else dict
    if not isinstance(value, wanted):
        raise _Missing
    try:
        return value[key]
    except (KeyError, IndexError):
        raise _Missing from None
