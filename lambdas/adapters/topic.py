"""The door to SNS: one message to whoever subscribed."""

import re
from typing import TYPE_CHECKING

from lambdas.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# Publish, SNS API reference: ASCII, begins with a letter, number or punctuation, no line breaks or control
# characters, less than 100 characters; a message of at most 262,144 bytes.
_SUBJECT = 99
_MESSAGE_BYTES = 262_144
_CUT = "\n[cut: the message was longer than SNS takes]"


class Topic:
    """Where drills are announced."""

    def __init__(self, arn: str, client: "SNSClient") -> None:
        self._arn = arn
        self._client = client

    def announce(self, *, subject: str, body: str) -> str:
        """Publish, cut to what SNS takes, and return the message id. A retry may tell it twice."""
        with aws.asking(self._arn):
            sent = self._client.publish(TopicArn=self._arn, Subject=subject_of(subject), Message=body_of(body))
        return sent["MessageId"]


def subject_of(text: str) -> str:
    """`text` as a subject that SNS accepts."""
    printable = re.sub(r"[^\x20-\x7e]+", " ", text).strip()
    return printable[:_SUBJECT].rstrip() or "coder-day2"


def body_of(text: str) -> str:
    """`text`, cut at the last whole character that fits."""
    content = text.encode()
    if len(content) <= _MESSAGE_BYTES:
        return text
    room = _MESSAGE_BYTES - len(_CUT.encode())
    return content[:room].decode(errors="ignore") + _CUT
