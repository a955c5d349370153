"""A task's answer is checked on the state machine that waits for it, as on AWS.

MiniStack checks SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat on `*`, which no statement about a machine
allows. AWS names the machine in its refusal ("not authorized to perform: states:SendTaskFailure on resource:
arn:aws:states:...:stateMachine:..."), and CDK's `grantTaskResponse` allows it there.
"""

from typing import Any

from ministack.core import iam_actions

from day2.engine.extensions import task_tokens
from day2.engine.settings import EngineSettings

NEEDS = ("core.iam_actions._safe_json_field", "core.iam_actions.extract_resource_arn")

_BODY = 3
"""Behind method, path and headers."""


def install(_settings: EngineSettings) -> None:
    before = iam_actions.extract_resource_arn  # another extension's by now

    def extract(service: str, *request: Any) -> Any:
        """The machine whose token a request bears; what it was before for every other."""
        token = iam_actions._safe_json_field(request[_BODY], "taskToken") if service == "states" else ""
        return task_tokens.machine_of(token) or before(service, *request)

    iam_actions.extract_resource_arn = extract
