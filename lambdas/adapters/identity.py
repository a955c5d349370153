"""The door to STS for a request that somebody else has signed: whose signature it is.

The SDK signs with this function's own identity, so the request goes out over urllib3, which botocore brings along. What
is sent was checked and put together anew by `lambdas.approval.identity`; here it goes to this function's own STS, or
the global one, by GET, over TLS, and never on to where an answer points.
"""

from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import urllib3
from urllib3.exceptions import HTTPError

from lambdas.adapters import aws
from lambdas.approval import identity
from lambdas.approval.identity import Proof
from lambdas.errors import ApproverRefused, RequestRefused, ServiceBusy

_TIMEOUT = urllib3.Timeout(connect=3, read=8)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_OK, _BUSY, _SERVER_ERROR = 200, 429, 500
_LONGEST_MESSAGE = 300
_STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"

Send = Callable[[str, dict[str, str]], tuple[int, bytes]]


@cache
def door() -> "Identity":
    """STS where this function's own SDK would look for it."""
    return Identity(aws.client("sts").meta.endpoint_url)


class Identity:
    """STS at one endpoint. Without TLS only the loopback is spoken to."""

    def __init__(self, endpoint: str) -> None:
        where = urlsplit(endpoint)
        if where.scheme != "https" and where.hostname not in _LOOPBACK:
            raise RequestRefused(
                "STS is to be asked over https only.",
                resource=endpoint,
                next_step="Take the endpoint out of the function's environment.",
            )
        self.origins = identity.origins(endpoint)
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def caller(self, proof: Proof, *, bound_to: str) -> str:
        """The ARN of whoever signed `proof` for `bound_to`.

        Raises:
            ApproverRefused: STS does not take the signature: another answer's, an unknown or expired key's.
            ServiceBusy: STS did not answer, or cannot now.
        """
        if proof.origin not in self.origins:
            raise ApproverRefused(
                "The proof is for another STS.", resource=proof.origin, next_step="Answer again with `day2`."
            )
        headers = {identity.HEADER: bound_to}
        try:
            answer = self._http.request("GET", f"{proof.origin}/?{proof.query}", headers=headers, redirect=False)
        except HTTPError as fault:
            # Without the text: it quotes the URL, which is a secret while it is young.
            raise _busy(proof.origin, f"STS did not answer: {type(fault).__name__}.") from None
        return _arn(answer.status, answer.data, where=proof.origin)


def _arn(status: int, data: bytes, *, where: str) -> str:
    if status == _BUSY or status >= _SERVER_ERROR:
        raise _busy(where, f"STS answered with {status}.")
    try:
        told = ET.fromstring(data)  # noqa: S314  STS's own answer; expat bounds what entities expand to
    except ET.ParseError:
        told = ET.Element("none")
    if status != _OK:
        message = told.findtext(f"{_STS}Error/{_STS}Message") or "no message"
        raise ApproverRefused(
            f"STS does not take the signature ({status}): {message.strip()[:_LONGEST_MESSAGE]}",
            resource=where,
            next_step="Sign in again, and answer anew: a proof is good for one decision on one restore.",
        )
    arn = told.findtext(f"{_STS}GetCallerIdentityResult/{_STS}Arn")
    if told.tag != f"{_STS}GetCallerIdentityResponse" or not arn:
        raise ApproverRefused(
            "STS answered, and told no identity.", resource=where, next_step="Answer again; if it stays so, report it."
        )
    return arn


def _busy(where: str, what: str) -> ServiceBusy:
    return ServiceBusy(what, resource=where, next_step="Answer again in a moment.")
