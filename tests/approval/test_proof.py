"""The proof of identity: what is sent to STS is a GetCallerIdentity for this STS, young, and nothing else."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
import pytest

from day2.restore.answering import prove
from lambdas.approval.identity import Proof, origins, read_proof

OWN = "https://sts.eu-west-1.amazonaws.com"
EXPECTED = origins(OWN)


@pytest.fixture(scope="module")
def url() -> str:
    """As the SDK signs it, with a session's token."""
    sts = boto3.client(
        "sts",
        region_name="eu-west-1",
        aws_access_key_id="ASIAEXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token="a+token/of=a==session",
    )
    return prove(sts, restore="20261123-1a2b3c4d", decision="approved")


def signed_at(url: str) -> datetime:
    told = dict(parse_qsl(urlsplit(url).query))["X-Amz-Date"]
    return datetime.strptime(told, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def changed(url: str, **parameters: str) -> str:
    query = dict(parse_qsl(urlsplit(url).query)) | {name.replace("_", "-"): each for name, each in parameters.items()}
    return f"{OWN}/?{urlencode(query)}"


def faults(url: str, *, after: float = 0, expected: tuple[str, ...] = EXPECTED) -> tuple[str, ...]:
    proof, found = read_proof(url, expected=expected, now=signed_at_or_now(url) + timedelta(seconds=after))
    assert (proof is None) == bool(found)
    return found


def signed_at_or_now(url: str) -> datetime:
    try:
        return signed_at(url)
    except (KeyError, ValueError):
        return datetime(2026, 11, 23, tzinfo=UTC)


def test_what_the_sdk_signs_is_a_proof_and_is_sent_as_it_was_signed(url: str) -> None:
    proof, found = read_proof(url, expected=EXPECTED, now=signed_at(url))
    assert found == ()
    assert proof is not None
    assert proof.origin == OWN
    assert dict(parse_qsl(proof.query)) == dict(parse_qsl(urlsplit(url).query))


def test_a_proof_shows_its_signature_to_nobody(url: str) -> None:
    proof, _ = read_proof(url, expected=EXPECTED, now=signed_at(url))
    assert isinstance(proof, Proof)
    assert "X-Amz-Signature" not in f"{proof} {proof!r}"
    for told in (faults(url, after=100), faults(changed(url, Action="AssumeRole"))):
        assert dict(parse_qsl(urlsplit(url).query))["X-Amz-Signature"] not in " ".join(told)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (OWN, (OWN, "https://sts.amazonaws.com")),
        ("https://sts.amazonaws.com", ("https://sts.amazonaws.com",)),
        ("https://sts.cn-north-1.amazonaws.com.cn", ("https://sts.cn-north-1.amazonaws.com.cn",)),
        ("http://127.0.0.1:4566/", ("http://127.0.0.1:4566",)),
    ],
)
def test_a_proof_may_be_for_the_functions_own_sts_or_for_the_global_one(
    endpoint: str, expected: tuple[str, ...]
) -> None:
    assert origins(endpoint) == expected


@pytest.mark.parametrize(
    "place",
    [
        "https://sts.eu-west-1.amazonaws.com.example.com/",
        "https://example.com/",
        "https://sts.eu-central-1.amazonaws.com/",
        "https://sts.eu-west-1.amazonaws.com@example.com/",
        "https://user@sts.eu-west-1.amazonaws.com/",
        "https://sts.eu-west-1.amazonaws.com:8443/",
        "http://sts.eu-west-1.amazonaws.com/",
        "ftp://sts.eu-west-1.amazonaws.com/",
        "//sts.eu-west-1.amazonaws.com/",
        "https://sts.eu-west-1.amazonaws.com/elsewhere",
    ],
)
def test_a_proof_for_another_place_is_none(url: str, place: str) -> None:
    (fault,) = faults(f"{place}?{urlsplit(url).query}")
    assert fault == f"is not for {OWN}/ or https://sts.amazonaws.com/"


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"Action": "AssumeRole"}, "its Action is not GetCallerIdentity"),
        ({"Version": "2010-01-01"}, "its Version is not 2011-06-15"),
        ({"X_Amz_Algorithm": "none"}, "its X-Amz-Algorithm is not AWS4-HMAC-SHA256"),
        ({"X_Amz_SignedHeaders": "host"}, "its X-Amz-SignedHeaders is not host;x-day2-approval"),
        ({"X_Amz_SignedHeaders": "host;x-day2-approval;x-more"}, "its X-Amz-SignedHeaders is not host;x-day2-approval"),
        ({"X_Amz_Credential": "AKIA/20261123/eu-west-1/s3/aws4_request"}, "its X-Amz-Credential is malformed"),
        ({"X_Amz_Signature": "zz"}, "its X-Amz-Signature is malformed"),
        ({"X_Amz_Expires": "soon"}, "its X-Amz-Expires is malformed"),
        ({"X_Amz_Date": "20261399T000000Z"}, "its X-Amz-Date is no moment"),
        ({"RoleArn": "x"}, "has 1 parameters that a presigned GetCallerIdentity has not"),
        ({"action": "AssumeRole"}, "has 1 parameters that a presigned GetCallerIdentity has not"),
    ],
)
def test_a_request_for_anything_else_is_none(url: str, parameters: dict[str, str], fault: str) -> None:
    assert fault in faults(changed(url, **parameters))


def test_a_parameter_that_comes_twice_is_told(url: str) -> None:
    assert "has Action twice" in faults(f"{url}&Action=GetCallerIdentity")


def test_every_fault_is_told_at_once(url: str) -> None:
    told = faults(changed(url, Action="AssumeRole", Version="1", more="x").replace(OWN, "https://example.com"))
    assert len(told) == 4


@pytest.mark.parametrize("text", ["", "x", "https://[", "x" * 9_000, f"{OWN}/?a", f"{OWN}/?", OWN])
def test_what_is_no_presigned_url_is_none(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (60, True), (61, False), (-30, True), (-31, False)])
def test_a_proof_is_good_for_a_minute(url: str, seconds: int, *, good: bool) -> None:
    found = faults(url, after=seconds)
    assert (found == ()) == good
    assert good or "see whether your clock is right" in found[0]
