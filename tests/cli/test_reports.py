"""The reports on this machine: what can be read is listed, what cannot is told and stops nothing."""

from pathlib import Path

import pytest

from day2.drill import evidence
from day2.drill.evidence import NoEvidence


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b'{"drill": 3, "outcome": {}}', b"\xff\xfe"], ids=repr
)
def test_a_broken_record_is_told_and_does_not_hide_the_others(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "20261123-0000abcd").mkdir()
    (tmp_path / "20261123-0000abcd" / evidence.RECORD).write_bytes(content)
    told: list[NoEvidence] = []
    assert list(evidence.kept(tmp_path, otherwise=told.append)) == []
    assert [each.resource for each in told] == [str(tmp_path / "20261123-0000abcd" / "record.json")]


def test_without_a_folder_of_reports_there_are_none(tmp_path: Path) -> None:
    assert list(evidence.kept(tmp_path / "reports")) == []


def test_a_drill_that_is_not_here_is_told_by_its_id(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="no record of this drill"):
        evidence.read(tmp_path / "20261123-0000abcd")
