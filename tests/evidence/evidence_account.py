"""What the handlers write into, seen from outside, and how a test calls them."""

import json
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, Protocol

from lambdas.adapters.archive import Archive
from lambdas.adapters.ledger import Ledger
from lambdas.settings import Settings

REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    """A mocked account."""

    settings: Settings
    queue: str
    s3: Any
    sqs: Any
    ledger: Ledger
    archive: Archive

    def keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.settings.evidence.bucket)
        return [each["Key"] for each in listed.get("Contents", ())]

    def messages(self) -> list[dict[str, str]]:
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in received.get("Messages", ())]


class Caller(Protocol):
    """Calls a handler as the state machine would: `call(module, drill_state=...)`."""

    def __call__(
        self, module: ModuleType, *, execution: str = ..., entered_at: datetime = ..., **event: Any
    ) -> dict[str, Any]: ...
