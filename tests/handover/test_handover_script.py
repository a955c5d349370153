"""handover.sh touches the real state once, after the copy has passed, and leaves it alone for any other reason."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from handover_samples import (
    CLUSTER,
    INSTANCES,
    SOURCE,
    TARGET,
    change,
    handover,
    held,
    live,
    of_the_source,
    plan,
    state,
)

from lambdas.handover.files import Place, files
from lambdas.restore_contracts import Strategy

FAKE = Path(__file__).with_name("fake_terraform.py")
SCRIPT = "handover.sh"
VAR_FILE = "environments/prod.tfvars"
HARMLESS = plan(change(CLUSTER, "update"))
DEADLY = plan(change(CLUSTER, "delete", "create", replace_paths=[["kms_key_id"]]))
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="handover.sh needs bash")
pytestmark = needs_bash


@dataclass(frozen=True)
class Folder:
    """A root module whose path holds a space and a quote, the files of a handover beside it, and the fake terraform."""

    here: Path

    @property
    def root(self) -> Path:
        return self.here / "live 'prod'"

    @property
    def shipped(self) -> Path:
        return self.here / "hand over"

    def lay_out(self, strategy: Strategy = "repoint", *, of_state: Any = None) -> None:
        (self.root / "environments").mkdir(parents=True)
        (self.root / ".terraform").mkdir()
        (self.root / VAR_FILE).write_text("")
        (self.root / "main.tf").write_text("")
        self.shipped.mkdir()
        for name, text in files(
            handover(strategy), warnings=(), attributes=(), place=Place(bucket="b", folder="f")
        ).items():
            (self.shipped / name).write_text(text)
        binaries = self.here / "bin"
        binaries.mkdir()
        for name, program in (("terraform", f' "{FAKE}"'), ("python3", "")):  # -S: no site-packages, twice as fast
            (binaries / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -S{program} "$@"\n')
            (binaries / name).chmod(0o755)
        (self.here / "version").write_text("Terraform v1.11.4\non linux_amd64\n")
        self.plans(HARMLESS)
        (self.here / "state").write_text(json.dumps(of_state or of_the_source()))

    def plans(self, told: Any) -> None:
        (self.here / "plan").write_text(json.dumps(told))

    def run(self, command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603  our own script
            ["bash", str(self.shipped / SCRIPT), command],  # noqa: S607  the machine's bash
            cwd=self.root,
            env=self.environment() | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def environment(self) -> Mapping[str, str]:
        return {"PATH": f"{self.here / 'bin'}:{os.environ['PATH']}", "FAKE": str(self.here), "HOME": str(self.here)}

    @property
    def calls(self) -> list[str]:
        if not (self.here / "calls").exists():
            return []
        return [" ".join(json.loads(line)) for line in (self.here / "calls").read_text().splitlines()]

    @property
    def writes(self) -> list[str]:
        """The calls that change the real state or the real world."""
        kinds = ("state push", "state rm", "import", "apply")
        return [each for each in self.calls if each.startswith(kinds)]

    def held(self) -> dict[str, str]:
        told = json.loads((self.here / "state").read_text())
        return {
            f"{each['type']}.{each['instances'][0].get('index_key', '')}": each["instances"][0]["attributes"]["id"]
            for each in told["resources"]
        }

    @property
    def kept(self) -> Path:
        return self.root / ".coder-day2" / handover().restore


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.lay_out()
    return made


def test_a_rehearsal_works_on_a_copy_and_leaves_nothing_behind(folder: Folder) -> None:
    done = folder.run("rehearse")
    assert done.returncode == 0, done.stderr
    assert folder.writes == []
    assert f"copy import -input=false -var-file={VAR_FILE}" in "\n".join(folder.calls)
    assert not list(folder.here.glob(".coder-day2-rehearsal*"))
    assert sorted(each.name for each in folder.root.iterdir()) == [
        ".coder-day2",
        ".terraform",
        "environments",
        "main.tf",
    ]


def test_a_hand_over_writes_the_state_once_and_keeps_the_plan(folder: Folder) -> None:
    done = folder.run("hand-over")
    assert done.returncode == 0, done.stderr
    assert [each.split()[:2] for each in folder.writes] == [["state", "push"]]
    assert folder.held() == {
        "aws_rds_cluster.": TARGET,
        "aws_rds_cluster_instance.0": f"{TARGET}-1",
        "aws_rds_cluster_instance.1": f"{TARGET}-2",
    }
    assert (folder.kept / "handover.tfplan").exists()


def test_the_state_as_it_was_is_kept_for_this_user_alone_and_out_of_git(folder: Folder) -> None:
    was = (folder.here / "state").read_text()
    folder.run("hand-over")
    (kept,) = folder.kept.glob("before-*.tfstate")
    assert kept.read_text() == was
    assert kept.stat().st_mode & 0o077 == 0
    assert (folder.kept / ".gitignore").read_text() == "*\n"


def test_a_plan_that_would_replace_the_database_is_refused_before_the_state_is_touched(folder: Folder) -> None:
    folder.plans(DEADLY)
    done = folder.run("hand-over")
    assert done.returncode == 3
    assert f"refused: {CLUSTER} would be replaced" in done.stderr
    assert "kms_key_id" in done.stderr
    assert folder.writes == []
    assert not (folder.kept / "handover.tfplan").exists()


def test_a_plan_that_cannot_be_made_is_no_plan_that_passed(folder: Folder) -> None:
    (folder.here / "plan").unlink()
    assert folder.run("hand-over").returncode != 0
    assert folder.writes == []


def test_a_state_that_somebody_changed_meanwhile_is_left_to_them(folder: Folder) -> None:
    (folder.here / "meddle").touch()
    done = folder.run("hand-over")
    assert done.returncode == 2
    assert "somebody else" in done.stderr
    assert folder.writes == []


def test_the_change_of_variables_is_tried_by_the_rehearsal_and_expected_by_the_hand_over(folder: Folder) -> None:
    folder.run("rehearse")
    assert all("changes.tfvars" in each for each in folder.calls if "copy plan" in each)
    (folder.here / "calls").unlink()
    folder.run("hand-over")
    assert not [each for each in folder.calls if "changes.tfvars" in each]


def test_run_again_it_finds_nothing_left_to_write_but_the_refresh(folder: Folder) -> None:
    folder.run("hand-over")
    (folder.here / "calls").unlink()
    done = folder.run("hand-over")
    assert done.returncode == 0, done.stderr
    assert [each.split()[1] for each in folder.writes] == ["-refresh-only"]


def test_after_swapped_names_the_state_is_refreshed_and_nothing_else(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.lay_out("swap-identifiers")
    done = folder.run("hand-over")
    assert done.returncode == 0, done.stderr
    assert [each.split()[:2] for each in folder.writes] == [["apply", "-refresh-only"]]
    assert folder.held()["aws_rds_cluster."] == SOURCE


def test_a_state_with_somebody_elses_database_in_it_is_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.lay_out(of_state=state(held(CLUSTER, "coder-staging")))
    done = folder.run("hand-over")
    assert done.returncode == 3
    assert "coder-staging" in done.stderr
    assert folder.writes == []


def test_an_address_with_quotes_reaches_terraform_as_it_is(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    keyed = [held(f'{INSTANCES}["a; $(touch pwned) `b`"]', f"{SOURCE}-1"), held(f'{INSTANCES}["two"]', f"{SOURCE}-2")]
    folder.lay_out(of_state=state(held(CLUSTER, SOURCE), *keyed))
    folder.run("rehearse")
    assert f'copy state rm -- {INSTANCES}["a; $(touch pwned) `b`"]' in folder.calls
    assert not list(folder.here.rglob("pwned"))


class TestApplies:
    def test_exactly_the_plan_that_was_kept(self, folder: Folder) -> None:
        folder.run("hand-over")
        (folder.here / "calls").unlink()
        done = folder.run("apply")
        assert done.returncode == 0, done.stderr
        assert folder.writes == [f"apply -input=false .coder-day2/{handover().restore}/handover.tfplan"]

    def test_no_plan_that_was_put_in_its_place(self, folder: Folder) -> None:
        folder.run("hand-over")
        (folder.here / "calls").unlink()
        (folder.kept / "handover.tfplan").write_text(json.dumps(plan(change(CLUSTER, "update", "read"))))
        assert folder.run("apply").returncode == 3
        assert folder.writes == []

    def test_no_deadly_plan_though_its_sum_was_put_there_too(self, folder: Folder) -> None:
        folder.run("hand-over")
        (folder.here / "calls").unlink()
        deadly = folder.kept / "handover.tfplan"
        deadly.write_text(json.dumps(DEADLY))
        summed = subprocess.run(["sha256sum", str(deadly)], capture_output=True, text=True, check=True)  # noqa: S603, S607
        (folder.kept / "handover.tfplan.sha256").write_text(summed.stdout.split()[0] + "\n")
        assert folder.run("apply").returncode == 3
        assert folder.writes == []

    def test_nothing_where_nothing_was_kept(self, folder: Folder) -> None:
        done = folder.run("apply")
        assert done.returncode == 2
        assert "hand-over first" in done.stderr


class TestStopsBeforeAnything:
    def test_in_another_workspace(self, folder: Folder) -> None:
        done = folder.run("hand-over", TF_WORKSPACE="staging")
        assert done.returncode == 2
        assert "the workspace staging; the settings say default" in done.stderr
        assert folder.writes == []

    def test_in_a_folder_that_is_not_initialised(self, folder: Folder) -> None:
        (folder.root / ".terraform").rmdir()
        assert "terraform init" in folder.run("hand-over").stderr

    def test_without_the_variables(self, folder: Folder) -> None:
        (folder.root / VAR_FILE).unlink()
        assert VAR_FILE in folder.run("hand-over").stderr

    @pytest.mark.parametrize("version", ["Terraform v1.2.9", "Terraform v0.14.1", "nothing that it knows"])
    def test_with_a_terraform_that_is_too_old_or_strange(self, folder: Folder, version: str) -> None:
        (folder.here / "version").write_text(version)
        done = folder.run("hand-over")
        assert done.returncode == 2
        assert folder.calls == ["version"]

    @pytest.mark.parametrize("version", ["Terraform v1.3.0", "Terraform v2.0.1", "OpenTofu v1.9.0"])
    def test_but_not_with_a_newer_one(self, folder: Folder, version: str) -> None:
        (folder.here / "version").write_text(version)
        assert "hand-over first" in folder.run("apply").stderr

    def test_at_a_word_that_it_does_not_know(self, folder: Folder) -> None:
        done = folder.run("destroy")
        assert done.returncode == 2
        assert "usage" in done.stderr


def test_the_live_sample_has_the_resource_id_that_the_fake_tells() -> None:
    assert live().resource_id in FAKE.read_text()
