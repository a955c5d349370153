"""The archive against moto: a record is written once, a rendering as often as needed."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from lambdas.adapters.archive import Archive
from lambdas.errors import AccessRefused, Day2Error, RequestRefused, ServiceBusy

BUCKET = "evidence"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield client


def test_what_is_kept_is_written_with_its_type_and_checksum_and_only_once() -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    asked = {
        "Bucket": BUCKET,
        "Key": "a.json",
        "Body": b"{}",
        "ContentType": "application/json",
        "ChecksumSHA256": "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=",
        "IfNoneMatch": "*",
    }
    with Stubber(client) as answering:
        answering.add_response("put_object", {}, asked)
        assert Archive(BUCKET, client).keep("a.json", b"{}", content_type="application/json") == b"{}"


def test_what_is_kept_already_stays_and_is_handed_back(s3: S3Client) -> None:
    archive = Archive(BUCKET, s3)
    archive.keep("a.json", b"first", content_type="application/json")
    assert archive.keep("a.json", b"second", content_type="application/json") == b"first"
    assert archive.get("a.json") == b"first"
    assert len(s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 1


def test_a_rendering_written_again_becomes_a_newer_version(s3: S3Client) -> None:
    archive = Archive(BUCKET, s3)
    for content in (b"one", b"two"):
        archive.put("report.html", content, content_type="text/html")
    assert archive.get("report.html") == b"two"
    assert len(s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 2


def test_a_missing_object_is_a_refusal_that_names_it(s3: S3Client) -> None:
    with pytest.raises(RequestRefused, match=r"s3://evidence/nothing\.json"):
        Archive(BUCKET, s3).get("nothing.json")


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ConditionalRequestConflict", 409, ServiceBusy),
        ("SlowDown", 503, ServiceBusy),
        ("AccessDenied", 403, AccessRefused),
        ("InvalidRequest", 400, RequestRefused),
    ],
)
def test_a_refused_write_arrives_as_a_named_error(code: str, status: int, expected: type[Day2Error]) -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as refusing:
        refusing.add_client_error("put_object", code, "no", status)
        with pytest.raises(expected, match=r"s3://evidence/a\.json"):
            Archive(BUCKET, client).keep("a.json", b"{}", content_type="application/json")
