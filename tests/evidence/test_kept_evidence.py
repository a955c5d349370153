"""Evidence on this machine: believed with its digest only, the ledger's first."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import sample_drills
from evidence_account import Account, Caller
from sample_drills import ID, SOURCE
from typer.testing import CliRunner

from day2 import cli
from day2.cli import report
from day2.drill import evidence
from day2.drill.deployment import Deployment
from day2.drill.evidence import EvidenceAltered
from lambdas.adapters import aws
from lambdas.evidence import naming
from lambdas.evidence.handlers import record_evidence

SHA256SUM = shutil.which("sha256sum")
KEY = naming.places(source=SOURCE, drill=ID).record


@pytest.fixture
def deployment(account: Account, call: Caller) -> Deployment:
    """An environment in which one drill has failed."""
    call(record_evidence, drill_state=sample_drills.failed())
    return Deployment(
        environment="prod",
        clients=aws.client,
        drill_machine="",
        sweep_machine="",
        source=SOURCE,
        bucket=account.settings.evidence.bucket,
        table="ledger",
        poll_seconds=0,
    )


@pytest.fixture
def place(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the fetched drill, where `day2 report` looks for it; no engine is up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "digest_in_the_engine", lambda _: None)
    return evidence.fetch(deployment, ID).folder


def embellish(file: Path) -> str:
    """Make a passed drill of a failed one; the digest that it has now."""
    record = json.loads(file.read_bytes())
    record["outcome"] |= {"result": "passed", "error": None}
    file.write_text(json.dumps(record))
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_report_of_a_failed_drill_ends_with_a_failures_exit_code(place: Path) -> None:
    shown = CliRunner().invoke(cli.app, ["report", place.name, "--json"])
    assert shown.exit_code == 1
    assert json.loads(shown.stdout)["outcome"]["result"] == "failed"


@pytest.mark.skipif(SHA256SUM is None, reason="this machine has no sha256sum")
def test_what_was_fetched_can_be_checked_by_anybody(place: Path) -> None:
    command = [str(SHA256SUM), "-c", evidence.DIGEST]
    checked = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)  # noqa: S603  as it is
    assert (checked.returncode, checked.stdout) == (0, "record.json: OK\n")


def test_a_record_in_the_bucket_that_is_not_the_ledgers_is_refused_and_not_written(
    deployment: Deployment, account: Account, tmp_path: Path
) -> None:
    account.archive.put(KEY, account.archive.get(KEY).replace(b"failed", b"passed"), content_type=naming.JSON)
    with pytest.raises(EvidenceAltered, match=f"s3://coder-day2-prod-evidence/{KEY}"):
        evidence.fetch(deployment, ID, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_altered_record_is_refused_by_the_digest_beside_it(place: Path) -> None:
    told = embellish(place / evidence.RECORD)
    with pytest.raises(EvidenceAltered, match=told):
        evidence.read(place)


def test_an_altered_record_with_a_digest_to_match_is_refused_by_the_ledgers(place: Path) -> None:
    was = evidence.read(place).summary.sha256
    told = embellish(place / evidence.RECORD)
    (place / evidence.DIGEST).write_text(f"{told}  {evidence.RECORD}\n")
    with pytest.raises(EvidenceAltered, match=f"the ledger's is {was}"):
        evidence.read(place, ledgers=was)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"], ids=repr)
def test_a_record_without_a_digest_is_not_believed(place: Path, content: bytes | None) -> None:
    (place / evidence.DIGEST).unlink()
    if content is not None:
        (place / evidence.DIGEST).write_bytes(content)
    with pytest.raises(EvidenceAltered, match="cannot be told"):
        evidence.read(place)


def test_an_altered_record_is_told_and_left_out_of_the_history(place: Path) -> None:
    embellish(place / evidence.RECORD)
    told: list[Exception] = []
    assert list(evidence.kept(otherwise=told.append)) == []
    assert isinstance(told[0], EvidenceAltered)


class TestTheCommand:
    @pytest.mark.usefixtures("place")
    def test_shows_what_nobody_altered_and_who_agrees(self) -> None:
        shown = CliRunner().invoke(cli.app, ["report", ID])
        assert shown.exit_code == 1, "the drill had failed"
        assert "as record.json.sha256 has it" in shown.stdout

    def test_ends_with_the_file_and_the_next_step_where_somebody_did(self, place: Path) -> None:
        embellish(place / evidence.RECORD)
        shown = CliRunner().invoke(cli.app, ["report", ID])
        assert (shown.exit_code, shown.stdout) == (1, "")
        told = " ".join(shown.stderr.split())
        assert "This record was altered" in told
        assert f"On: reports/{ID}/record.json" in told
        assert f"Fetch it again with `day2 report {ID} --aws --env" in told

    @pytest.mark.usefixtures("place")
    def test_asks_the_ledger_of_an_engine_that_is_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(report, "digest_in_the_engine", lambda _: "0" * 64)
        assert "the ledger's is 0000" in " ".join(CliRunner().invoke(cli.app, ["report", ID]).stderr.split())
