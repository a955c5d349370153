"""Who answers: a proof of identity, and whether two identities may be one person.

The proof is a presigned GetCallerIdentity of AWS STS, as EKS (aws-iam-authenticator) and HashiCorp Vault take it:
whoever holds the credentials signs the request, and whoever wants to know sends it. What is sent was checked here and
put together anew: host, action and parameters as expected and nothing beside them (the lessons of CVE-2020-16250 and
CVE-2022-2385). The header `x-day2-approval: <restore>:<decision>` is part of what is signed, and is set by the
function: STS refuses a proof that was made for another answer.

Two people are told apart by names: an IAM user's, or the session's of a role. A session's name is the person's where
AWS or the account sees to it: IAM Identity Center and SAML do, a console that switches roles too; a role that people
assume by hand needs a trust policy that demands it (`"sts:RoleSessionName": "${aws:username}"`). Without one, whoever
may choose the name may choose another's, and a second person is a promise and no proof.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from lambdas.words import duration

HEADER = "x-day2-approval"
LONGEST_AGE = timedelta(seconds=60)
# Signed by a clock that runs ahead of this one by no more than this.
AHEAD = timedelta(seconds=30)

# A session token alone may have 2 kB and more.
_LONGEST_PROOF = 8_192
_FIXED = {
    "Action": "GetCallerIdentity",
    "Version": "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-SignedHeaders": f"host;{HEADER}",
}
_SHAPES = {
    "X-Amz-Credential": re.compile(r"\w{1,128}/\d{8}/[a-z0-9-]{1,40}/sts/aws4_request", re.ASCII),
    "X-Amz-Date": re.compile(r"\d{8}T\d{6}Z", re.ASCII),
    "X-Amz-Expires": re.compile(r"\d{1,5}", re.ASCII),
    "X-Amz-Signature": re.compile(r"[0-9a-f]{64}"),
}
_TOKEN = "X-Amz-Security-Token"  # noqa: S105  a parameter's name
_GLOBAL = "https://sts.amazonaws.com"

# Session names that the tools make up where nobody gave one: botocore and the CLI, the SDKs for Go, Java, JavaScript,
# .NET and PHP; an instance's id, an ECS task's.
_MADE_UP = re.compile(
    r"botocore-session-\d+|aws-?cli-session(-\d+)?|aws-(go-|dotnet-)?sdk-[a-z-]*\d+|\d+|i-[0-9a-f]{8,17}|[0-9a-f]{32}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What may be sent to STS, by GET and with HEADER; never logged: until it is too old it opens what it says."""

    origin: str
    query: str
    signed_at: datetime

    def __repr__(self) -> str:
        return f"Proof(origin={self.origin!r}, signed_at={self.signed_at!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whom an ARN of STS or CloudTrail names. `name` tells people apart, in lower case.

    kind  user | session (of a role) | federated | root
    """

    account: str
    kind: Literal["user", "session", "federated", "root"]
    name: str


def bound_to(restore: str, decision: str) -> str:
    """HEADER's value for one answer."""
    return f"{restore}:{decision}"


def origins(endpoint: str) -> tuple[str, ...]:
    """Where proofs may be meant for: STS as the function itself reaches it, and on AWS the global one too."""
    own = endpoint.rstrip("/")
    host = urlsplit(own).hostname or ""
    return (own, _GLOBAL) if host.endswith(".amazonaws.com") and own != _GLOBAL else (own,)


def read_proof(text: str, *, expected: Sequence[str], now: datetime) -> tuple[Proof | None, tuple[str, ...]]:
    """The proof that a presigned URL is, for one of the `expected` origins; None and every fault where it is none.

    No fault quotes the URL: it is a secret for as long as it is young.
    """
    if len(text) > _LONGEST_PROOF:
        return None, (f"{len(text)} characters; a presigned GetCallerIdentity has at most {_LONGEST_PROOF}",)
    try:
        url = urlsplit(text)
        pairs = parse_qsl(url.query, keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except ValueError:
        return None, ("is no presigned URL",)
    told = dict(pairs)
    faults = [*_faults_of_the_place(url.scheme, url.netloc, url.path, url.fragment, expected)]
    faults += _faults_of_the_query([name for name, _ in pairs], told)
    if faults:
        return None, tuple(faults)
    signed_at, late = _moment(told, now)
    if signed_at is None or late:
        return None, (late,)
    origin = f"{url.scheme}://{url.netloc}"
    return Proof(origin=origin, query=urlencode(told, quote_via=quote, safe=""), signed_at=signed_at), ()


def _faults_of_the_place(scheme: str, place: str, path: str, fragment: str, expected: Sequence[str]) -> list[str]:
    # The whole of it is compared, so that neither a port nor a user in front of the host leads elsewhere.
    if f"{scheme}://{place}" not in expected or path not in ("", "/") or fragment:
        return [f"is not for {' or '.join(f'{each}/' for each in expected)}"]
    return []


def _faults_of_the_query(names: Sequence[str], told: Mapping[str, str]) -> list[str]:
    faults = [f"has {name} twice" for name in sorted(set(names)) if names.count(name) > 1]
    unknown = sorted(set(told) - {*_FIXED, *_SHAPES, _TOKEN})
    if unknown:
        faults.append(f"has {len(unknown)} parameters that a presigned GetCallerIdentity has not")
    for name, value in _FIXED.items():
        if told.get(name) != value:
            faults.append(f"its {name} is not {value}")
    faults += [f"its {name} is malformed" for name, shape in _SHAPES.items() if not shape.fullmatch(told.get(name, ""))]
    return faults


def _moment(told: Mapping[str, str], now: datetime) -> tuple[datetime | None, str]:
    """When it was signed, and what is against that."""
    try:
        signed_at = datetime.strptime(told["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None, "its X-Amz-Date is no moment"
    age = now - signed_at
    if age > LONGEST_AGE:
        return signed_at, (
            f"was signed {duration(age.total_seconds())} ago, and is good for {duration(LONGEST_AGE.total_seconds())}; "
            "answer again, and see whether your clock is right"
        )
    if -age > AHEAD:
        return signed_at, f"was signed {duration(-age.total_seconds())} ahead of time; see whether your clock is right"
    return signed_at, ""


def principal(arn: str) -> Principal | None:
    """Whom an ARN names; None when it is none that signs requests of its own."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":  # noqa: PLR2004  arn:partition:service:region:account:resource
        return None
    _, _, service, _, account, resource = parts
    path = resource.split("/")
    match (service, path[0], len(path)):
        case ("iam", "root", 1):
            return Principal(account=account, kind="root", name="root")
        case ("iam", "user", length) if length > 1:
            return Principal(account=account, kind="user", name=path[-1].lower())
        case ("sts", "assumed-role", 3):
            return Principal(account=account, kind="session", name=path[-1].lower())
        case ("sts", "federated-user", 2):
            return Principal(account=account, kind="federated", name=path[-1].lower())
        case _:
            return None


def tells_nobody(who: Principal) -> str:
    """Why this identity says nothing about the person behind it; empty when it does."""
    if who.kind == "root":
        return "the root user is nobody in particular"
    if who.kind == "session" and _MADE_UP.fullmatch(who.name):
        return f"the session name {who.name} was made up by a tool"
    return ""


def why_not_two(starter: str, approver: str) -> str:
    """Why the two ARNs do not show two people, as the end of a sentence; empty when they do.

    The same name is the same person, whatever the role or the kind of identity: one session of a role and the next,
    an IAM user and the role that this user assumed.
    """
    one, other = principal(starter), principal(approver)
    if one is None or other is None:
        strange = starter if one is None else approver
        return f"{strange} is no identity of a person"
    if (one.account, one.name) == (other.account, other.name):
        return f"{starter} started it, and {approver} is the same person by name"
    untold = tells_nobody(one) or tells_nobody(other)
    return f"{starter} started it, and {approver} cannot be told apart from it: {untold}" if untold else ""
