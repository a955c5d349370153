"""What travels between states is at most 256 KiB, or the execution ends with States.DataLimitExceeded.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html (input or output of a task, state
or execution, UTF-8). MiniStack knows no limit.
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import stepfunctions

from day2.engine.settings import EngineSettings

NEEDS = ("services.stepfunctions._ExecutionError", "services.stepfunctions._apply_result_path")

LIMIT_BYTES = 256 * 1024

_apply = stepfunctions._apply_result_path


def install(_settings: EngineSettings) -> None:
    stepfunctions._apply_result_path = apply


def apply(state: Mapping[str, Any], original: Any, result: Any) -> Any:
    """The state's output, when it may travel."""
    output = _apply(state, original, result)
    size = len(json.dumps(output, ensure_ascii=False, separators=(",", ":")).encode())
    if size > LIMIT_BYTES:
        raise stepfunctions._ExecutionError(
            "States.DataLimitExceeded", f"The state's output has {size} bytes; {LIMIT_BYTES} may travel."
        )
    return output
