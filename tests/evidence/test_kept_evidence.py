"""Evidence on this machine: believed with its digest only, the ledger's first."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sample_drills
from evidence_account import Account, Caller
from sample_drills import ID, SOURCE
from typer.testing import CliRunner

from day2.cli import drills, report
from day2.cli.app import app
from day2.drill import evidence
from day2.drill.deployment import Deployment
from day2.drill.evidence import EvidenceAltered
from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.ledger import Ledger
from lambdas.contracts import Drill
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
    monkeypatch.setattr(report, "on_the_engine", lambda: None)
    return evidence.fetch(deployment, ID).folder


def embellish(file: Path) -> str:
    """Make a passed drill of a failed one; the digest that it has now."""
    record = json.loads(file.read_bytes())
    record["outcome"] |= {"result": "passed", "error": None}
    file.write_text(json.dumps(record))
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_report_of_a_failed_drill_ends_with_a_failures_exit_code(place: Path) -> None:
    shown = CliRunner().invoke(app, ["report", place.name, "--json"])
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
        shown = CliRunner().invoke(app, ["report", ID])
        assert shown.exit_code == 1, "the drill had failed"
        assert "as record.json.sha256 has it" in shown.stdout

    def test_ends_with_the_file_and_the_next_step_where_somebody_did(self, place: Path) -> None:
        embellish(place / evidence.RECORD)
        shown = CliRunner().invoke(app, ["report", ID])
        assert (shown.exit_code, shown.stdout) == (1, "")
        told = " ".join(shown.stderr.split())
        assert "This record was altered" in told
        assert f"On: reports/{ID}/record.json" in told
        assert f"Fetch it again with `day2 report {ID} --aws --env" in told


@pytest.fixture
def engine(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The same environment on an engine that is up; there are no reports here."""
    monkeypatch.chdir(tmp_path)
    for module in (report, drills):
        monkeypatch.setattr(module, "on_the_engine", lambda: deployment)
    return deployment


def listed() -> list[str]:
    return [each["id"] for each in json.loads(CliRunner().invoke(app, ["drills", "--json"]).stdout)]


class TestBesideAnEngineThatIsUp:
    def test_a_report_is_held_against_the_engines_ledger(self, engine: Deployment) -> None:
        place = evidence.fetch(engine, ID).folder
        told = embellish(place / evidence.RECORD)
        (place / evidence.DIGEST).write_text(f"{told}  {evidence.RECORD}\n")
        shown = CliRunner().invoke(app, ["report", ID])
        assert "This record was altered" in shown.stderr
        assert "and the ledger's is" in " ".join(shown.stderr.split())

    @pytest.mark.usefixtures("engine")
    def test_a_report_that_lies_only_there_is_fetched(self, tmp_path: Path) -> None:
        shown = CliRunner().invoke(app, ["report", ID])
        assert f"Drill {ID}" in shown.stdout
        assert "as the ledger has it" in shown.stdout
        assert evidence.read(tmp_path / "reports" / ID).summary.id == ID

    @pytest.mark.usefixtures("engine")
    def test_a_drill_that_nobody_knows_is_told_as_such(self, tmp_path: Path) -> None:
        shown = CliRunner().invoke(app, ["report", "20200101-00000000"])
        assert (shown.exit_code, shown.stdout) == (1, "")
        assert "no record of this drill" in shown.stderr
        assert list(tmp_path.iterdir()) == []

    def test_a_drill_that_has_not_ended_is_told_as_such(self, engine: Deployment) -> None:
        ledger = Ledger(engine.table, engine.clients("dynamodb"))
        running = payload.read(Drill, sample_drills.passed()["drill"] | {"id": "20261124-0000abcd"})
        ledger.open_drill(running)
        assert "has not ended yet" in CliRunner().invoke(app, ["report", running.id]).stderr
        assert listed() == [ID]

    @pytest.mark.usefixtures("engine")
    def test_the_history_has_the_drills_that_others_started_there(self) -> None:
        assert listed() == [ID]

    def test_the_history_has_each_drill_once_the_newest_first(self, engine: Deployment) -> None:
        summary = evidence.fetch(engine, ID).summary
        newer, older = (
            replace(summary, id=drill, opened_at=summary.opened_at + timedelta(days=days))
            for drill, days in (("20261130-0000abcd", 7), ("20261116-0000abcd", -7))
        )
        for each in (older, newer):
            Ledger(engine.table, engine.clients("dynamodb")).close_drill(each)
        assert listed() == [newer.id, ID, older.id]

    def test_the_history_keeps_what_only_lies_here(self, engine: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
        evidence.fetch(engine, ID)
        monkeypatch.setattr(drills, "on_the_engine", lambda: replace(engine, source="another"))
        assert listed() == [ID]


def test_evidence_of_which_a_part_could_not_be_written_is_not_taken_for_whole(
    deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / ID / evidence.REPORT).mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        evidence.fetch(deployment, ID, folder=tmp_path)
    assert list(evidence.kept(tmp_path, otherwise=pytest.fail)) == []
