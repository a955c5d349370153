"""STS's door for another's signature, against a small HTTP server that answers as STS does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from lambdas.adapters.identity import Identity
from lambdas.approval.identity import Proof
from lambdas.errors import ApproverRefused, Day2Error, RequestRefused, ServiceBusy

BOB = "arn:aws:iam::111122223333:user/bob"
ANSWER = "20261123-1a2b3c4d:approved"
NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
KNOWN = f"""<GetCallerIdentityResponse xmlns="{NAMESPACE}"><GetCallerIdentityResult>
<Arn>{BOB}</Arn><UserId>AIDA</UserId><Account>111122223333</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
UNKNOWN = f"""<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>
<Message>The request signature we calculated does not match the signature you provided.</Message></Error>
<RequestId>1</RequestId></ErrorResponse>"""


@dataclass
class Sts:
    """What the server answers, and what it was asked."""

    origin: str = ""
    says: tuple[int, str] = (200, KNOWN)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    location: str = ""


@pytest.fixture
def sts() -> Iterator[Sts]:
    here = Sts()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((self.command, self.path, self.headers["x-day2-approval"]))
            status, told = here.says
            self.send_response(status)
            if here.location:
                self.send_header("Location", here.location)
            self.send_header("Content-Length", str(len(told.encode())))
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    here.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def caller(sts: Sts) -> str:
    proof = Proof(
        origin=sts.origin,
        query="Action=GetCallerIdentity&X-Amz-Signature=ab",
        signed_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return Identity(sts.origin).caller(proof, bound_to=ANSWER)


def test_the_caller_is_whom_sts_names_and_sts_is_told_which_answer_it_is(sts: Sts) -> None:
    assert caller(sts) == BOB
    assert sts.asked == [("GET", "/?Action=GetCallerIdentity&X-Amz-Signature=ab", ANSWER)]


def test_a_signature_that_sts_does_not_take_is_refused_with_its_message(sts: Sts) -> None:
    sts.says = (403, UNKNOWN)
    with pytest.raises(ApproverRefused, match=r"\(403\): The request signature we calculated does not match"):
        caller(sts)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_sts_that_is_busy_is_asked_again_later(sts: Sts, status: int) -> None:
    sts.says = (status, "")
    with pytest.raises(ServiceBusy, match=str(status)):
        caller(sts)


def test_an_answer_that_points_elsewhere_is_not_followed(sts: Sts) -> None:
    sts.says, sts.location = (302, ""), f"{sts.origin}/elsewhere"
    with pytest.raises(ApproverRefused, match="302"):
        caller(sts)
    assert len(sts.asked) == 1


@pytest.mark.parametrize(
    "told",
    [
        "",
        "not xml",
        KNOWN.replace(NAMESPACE, "https://example.com/"),
        f"<x>{KNOWN}</x>",
        KNOWN + KNOWN,
        KNOWN.replace(BOB, ""),
        KNOWN.replace("GetCallerIdentityResponse", "AssumeRoleResponse"),
    ],
)
def test_an_answer_in_any_other_form_names_nobody(sts: Sts, told: str) -> None:
    sts.says = (200, told)
    with pytest.raises(ApproverRefused, match="told no identity"):
        caller(sts)


def test_an_sts_that_does_not_answer_is_told_without_the_request() -> None:
    proof = Proof(origin="http://127.0.0.1:1", query="X-Amz-Signature=ab", signed_at=datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(ServiceBusy, match="did not answer") as raised:
        Identity("http://127.0.0.1:1").caller(proof, bound_to=ANSWER)
    assert "Signature" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_proof_for_another_sts_is_not_sent(sts: Sts) -> None:
    with pytest.raises(Day2Error, match="another STS"):
        Identity("https://sts.eu-west-1.amazonaws.com").caller(
            Proof(origin=sts.origin, query="", signed_at=datetime(2026, 11, 23, tzinfo=UTC)), bound_to=ANSWER
        )
    assert sts.asked == []


@pytest.mark.parametrize("endpoint", ["http://sts.eu-west-1.amazonaws.com", "http://10.0.0.1", "", "ftp://10.0.0.1"])
def test_no_proof_goes_anywhere_without_tls_but_to_the_loopback(endpoint: str) -> None:
    with pytest.raises(RequestRefused, match="https only"):
        Identity(endpoint)
