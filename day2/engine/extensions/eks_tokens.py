"""The bearer tokens by which EKS knows an AWS identity: a presigned GetCallerIdentity that names the cluster.

MiniStack checks them for its own Docker clusters, and there for AWS's host names only. Its STS answers a presigned
request without looking at the signature, so the signature is checked here. Format: aws-iam-authenticator, "API
Authorization from Outside a Cluster"; a token is good for 15 minutes whatever it says itself.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from ministack.core import iam_evaluator, sigv4

NEEDS = (
    "core.iam_evaluator.CredentialResolutionError",
    "core.iam_evaluator.resolve_credential",
    "core.sigv4.build_canonical_request",
    "core.sigv4.build_string_to_sign",
    "core.sigv4.calculate_signature",
    "core.sigv4.signatures_match",
)

PREFIX = "k8s-aws-v1."
GOOD_FOR = timedelta(minutes=15)
_CLUSTER_HEADER = "x-k8s-aws-id"
_SIGNED = {"host", _CLUSTER_HEADER}
_NO_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def is_known(token: str, *, cluster: str, account: str) -> bool:
    """Whether an identity of the account signed `token` for the cluster within the last 15 minutes."""
    try:
        return _is_signed(_url(token), cluster=cluster, account=account)
    except (binascii.Error, UnicodeDecodeError, KeyError, ValueError):
        return False


def _url(token: str) -> str:
    if not token.startswith(PREFIX):
        raise ValueError("not a token of EKS")
    encoded = token.removeprefix(PREFIX)
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def _is_signed(url: str, *, cluster: str, account: str) -> bool:
    where = urlsplit(url)
    query = parse_qs(where.query, strict_parsing=True)
    told = {name: values[0] for name, values in query.items()}
    key, day, region, service, _ = told["X-Amz-Credential"].split("/")
    signed_headers = told["X-Amz-SignedHeaders"]
    signed_at = datetime.strptime(told["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if told["Action"] != "GetCallerIdentity" or not set(signed_headers.split(";")) >= _SIGNED:
        return False
    if abs(datetime.now(UTC) - signed_at) > GOOD_FOR:
        return False
    session = told.get("X-Amz-Security-Token")
    credential = iam_evaluator.resolve_credential(key, account, session)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        return False
    headers = {"host": where.netloc, _CLUSTER_HEADER: cluster}
    request = sigv4.build_canonical_request(
        "GET", where.path or "/", headers, query, signed_headers, payload_hash=_NO_BODY
    )
    to_sign = sigv4.build_string_to_sign(told["X-Amz-Date"], day, region, service, request)
    expected = sigv4.calculate_signature(credential.secret_access_key, day, region, service, to_sign)
    return bool(sigv4.signatures_match(expected, told["X-Amz-Signature"]))
