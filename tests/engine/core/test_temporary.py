"""Of a temporary workspace nothing is left, at the latest by the next one."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from day2.engine import engine as engines
from day2.engine import temporary

CLAIM = """
import sys
from day2.engine import temporary
with temporary.workspace() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's temporary folder, for this test alone."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def other(machine: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, with a temporary workspace of its own."""
    with subprocess.Popen(  # noqa: S603  the program stands above
        [sys.executable, "-c", CLAIM],
        cwd=engines.REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def its_workspace(other: subprocess.Popen[str]) -> Path:
    assert other.stdout
    return Path(other.stdout.readline().strip())


def test_nothing_is_left_after_the_block(machine: Path) -> None:
    with temporary.workspace() as folder:
        assert folder.parent == machine
    assert list(machine.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next_one(machine: Path, other: subprocess.Popen[str]) -> None:
    left = its_workspace(other)
    (left / "aurora").mkdir()
    other.kill()
    other.wait()
    assert left.exists()
    with temporary.workspace() as folder:
        assert list(machine.iterdir()) == [folder]


def test_a_workspace_whose_process_lives_is_left_alone(other: subprocess.Popen[str]) -> None:
    theirs = its_workspace(other)
    with temporary.workspace() as mine:
        assert theirs.exists()
        assert theirs != mine
    assert theirs.exists()


def test_a_number_that_belongs_to_another_process_by_now_keeps_no_workspace(machine: Path) -> None:
    left = machine / "day2-left"
    left.mkdir()
    (left / "owner.json").write_text(json.dumps({"pid": os.getpid(), "started": "another start"}))
    temporary.remove_abandoned()
    assert not left.exists()


@pytest.mark.parametrize("claim", [None, "", "{}"])
def test_a_folder_that_no_process_claimed_is_left_alone(machine: Path, claim: str | None) -> None:
    folder = machine / "day2-sockets"
    folder.mkdir()
    if claim is not None:
        (folder / "owner.json").write_text(claim)
    temporary.remove_abandoned()
    assert folder.exists()


def test_a_link_to_a_folder_elsewhere_is_not_followed(machine: Path) -> None:
    elsewhere = machine / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "owner.json").write_text(json.dumps({"pid": os.getpid(), "started": "another start"}))
    (machine / "day2-link").symlink_to(elsewhere)
    temporary.remove_abandoned()
    assert (elsewhere / "owner.json").exists()
