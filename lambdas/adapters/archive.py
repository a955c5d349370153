"""The door to S3: a versioned bucket under Object Lock, in which a record is written once."""

import base64
import hashlib
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.adapters import aws
from lambdas.errors import ServiceBusy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Archive:
    """The evidence of one environment, in one bucket."""

    def __init__(self, bucket: str, client: "S3Client") -> None:
        self._bucket = bucket
        self._client = client

    def keep(self, key: str, content: bytes, *, content_type: str) -> bytes:
        """Write once, and return the bytes that stand under `key`: these, or those that were there before.

        A retry of the step therefore goes on with what its first attempt stored, whatever it computed itself
        (If-None-Match: S3 conditional writes, user guide).
        """
        with aws.asking(self._uri(key)):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    ContentType=content_type,
                    ChecksumSHA256=_checksum(content),
                    IfNoneMatch="*",
                )
            except ClientError as refusal:
                match aws.code(refusal):
                    case "PreconditionFailed":
                        return self.get(key)
                    # Two conditional writes of one key at once: S3 lets neither win and answers 409.
                    case "ConditionalRequestConflict":
                        raise ServiceBusy(
                            "Another write of the same key is under way",
                            resource=self._uri(key),
                            next_step="Nothing to do: the step is tried again.",
                        ) from refusal
                    case _:
                        raise
        return content

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Write a rendering. Written again it becomes a newer version; the locked older one stays beside it."""
        with aws.asking(self._uri(key)):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                ContentType=content_type,
                ChecksumSHA256=_checksum(content),
            )

    def get(self, key: str) -> bytes:
        """The newest version's bytes, checked against the checksum they were stored with."""
        with aws.asking(self._uri(key)):
            return self._client.get_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")["Body"].read()

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"


def _checksum(content: bytes) -> str:
    """SHA-256 as S3 wants it; an Object Lock bucket refuses a write without a checksum."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
