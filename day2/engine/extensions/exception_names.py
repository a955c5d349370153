"""A Python function that raises fails with the name of the exception's class, and its process stays warm.

MiniStack reports every exception as `Runtime.HandlerError` and then kills the process. On AWS the error type is
the class name, which a state machine's Retry and Catch match, and the next call finds the same process
(https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html).
"""

from collections.abc import Mapping
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from day2.engine.settings import EngineSettings

NEEDS = (
    "core.lambda_runtime._PYTHON_WORKER_SCRIPT",
    "services.lambda_svc._execute_function_warm",
)

_RAISED = "coder-day2:raised"
_SILENT = 'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})'
_NAMED = f"""json.dumps({{"status": "ok", "result": {{"{_RAISED}": {{
                "errorType": type(e).__name__,
                "errorMessage": str(e),
                "stackTrace": traceback.format_tb(e.__traceback__),
            }}}}}})"""
_NOT_IMPORTED = "Worker init failed: "

_execute = lambda_svc._execute_function_warm


def install(_settings: EngineSettings) -> None:
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_SILENT) != 1:
        raise RuntimeError("MiniStack's Python worker no longer reports exceptions where the engine looks for them.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_SILENT, _NAMED)
    lambda_svc._execute_function_warm = execute


def execute(function: Mapping[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """MiniStack's invocation, with what the function raised as Lambda reports it."""
    result: dict[str, Any] = _execute(function, event, request_id)
    body = result.get("body")
    if not isinstance(body, dict):
        return result
    if raised := body.get(_RAISED):
        trace = "".join(raised["stackTrace"])
        line = f"[ERROR] {raised['errorType']}: {raised['errorMessage']}\nTraceback (most recent call last):\n{trace}"
        log = "\n".join(filter(None, (result.get("log"), line)))
        return {"body": {**raised, "requestId": request_id}, "error": True, "log": log}
    if str(body.get("errorMessage", "")).startswith(_NOT_IMPORTED):
        reason = body["errorMessage"].removeprefix(_NOT_IMPORTED)
        return {**result, "body": {"errorType": "Runtime.ImportModuleError", "errorMessage": reason}}
    return result
