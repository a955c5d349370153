"""The bundles hold what their functions need, and nothing that makes them larger or slower."""

import ast
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from cdk import bundles
from lambdas.steps import STEPS, Bundle

MEGABYTE = 1_000_000
NAMES = tuple(bundles.LEFT_OUT)
IN_BUNDLE = pytest.mark.xdist_group("bundles")


@pytest.fixture(scope="module", params=NAMES)
def bundle(request: pytest.FixtureRequest) -> bundles.Bundle:
    return bundles.make(request.param)


@IN_BUNDLE
def test_a_bundle_keeps_to_its_size(bundle: bundles.Bundle) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in bundle.folder.rglob("*"):
            archive.write(path)
    assert sum(path.stat().st_size for path in bundle.folder.rglob("*") if path.is_file()) <= 40 * MEGABYTE
    assert packed.tell() <= 15 * MEGABYTE


@IN_BUNDLE
def test_every_handler_is_imported_from_its_bundle_alone(bundle: bundles.Bundle) -> None:
    """In an interpreter that sees the standard library and the bundle: a forgotten dependency shows here."""
    handlers = [step.handler for step in STEPS if step.bundle == bundle.name]
    program = (
        "import sys, importlib\n"
        f"sys.path.insert(0, {str(bundle.folder)!r})\n"
        f"for handler in {handlers!r}:\n"
        "    module, name = handler.rsplit('.', 1)\n"
        "    assert callable(getattr(importlib.import_module(module), name)), handler\n"
    )
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-I", "-S", "-B", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@IN_BUNDLE
def test_nothing_of_a_bundle_is_compiled_cached_or_a_test(bundle: bundles.Bundle) -> None:
    """Compiled parts would tie it to one platform; caches would change its hash."""
    assert not [
        path
        for path in bundle.folder.rglob("*")
        if path.suffix in (".so", ".pyc") or {"__pycache__", "tests"} & set(path.relative_to(bundle.folder).parts)
    ]


@IN_BUNDLE
def test_everything_of_ours_is_in_it_data_too(bundle: bundles.Bundle) -> None:
    ours = {
        path.relative_to(bundles.CODE)
        for path in bundles.CODE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("requirements")
    }
    there = {path.relative_to(bundle.folder / "lambdas") for path in (bundle.folder / "lambdas").rglob("*.*")}
    assert ours == there
    assert {".py", ".sql", ".pem"} <= {path.suffix for path in there}


@IN_BUNDLE
@pytest.mark.parametrize(
    ("name", "package", "there"),
    [
        ("control", "pg8000", False),
        ("control", "jinja2", True),
        ("inside", "pg8000", True),
        ("inside", "jinja2", False),
        ("control", "botocore", True),
        ("inside", "aws_lambda_powertools", True),
    ],
)
def test_each_bundle_has_the_packages_of_its_own_work(name: Bundle, package: str, *, there: bool) -> None:
    assert (bundles.make(name).folder / package).exists() == there


@IN_BUNDLE
def test_botocore_keeps_the_models_of_our_doors_only(bundle: bundles.Bundle) -> None:
    data = bundle.folder / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == set(bundles.SERVICES)
    assert {"endpoints.json", "partitions.json", "_retry.json"} <= {path.name for path in data.iterdir()}


def test_every_client_that_the_code_makes_has_its_model_and_every_model_its_client() -> None:
    made = {
        node.args[0].value
        for file in bundles.CODE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "client"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert made == set(bundles.SERVICES)


@pytest.fixture
def own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle of one line of code and one dependency, fetched without a network."""
    code = tmp_path / "lambdas"
    code.mkdir()
    (code / "settings.py").write_text("ONE = 1\n")
    (code / "requirements.txt").write_text("one==1\n")

    def fetch(folder: Path) -> None:
        for service in ("rds", "quicksight"):
            (folder / "botocore" / "data" / service).mkdir(parents=True)
            (folder / "botocore" / "data" / service / "service-2.json").write_text("{}")
        (folder / "pg8000").mkdir()
        (folder / "pg8000" / "core.py").touch()
        (folder / "pg8000-1.31.6.dist-info").mkdir()
        (folder / "pg8000-1.31.6.dist-info" / "METADATA").touch()
        (folder / "bin").mkdir()
        (folder / "bin" / "tool").touch()

    monkeypatch.setattr(bundles, "CODE", code)
    monkeypatch.setattr(bundles, "REQUIREMENTS", code / "requirements.txt")
    monkeypatch.setattr(bundles, "_fetch", fetch)
    return code


def test_a_second_synth_makes_nothing(own_code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bundles.make("control", build=tmp_path / "build")
    monkeypatch.setattr(bundles, "_copy", None)
    assert bundles.make("control", build=tmp_path / "build") == first


def test_the_same_content_has_the_same_digest_wherever_it_lies(own_code: Path, tmp_path: Path) -> None:
    first = bundles.make("inside", build=tmp_path / "one")
    second = bundles.make("inside", build=tmp_path / "two")
    assert first.digest == second.digest
    assert sorted(each.name for each in first.folder.rglob("*")) == sorted(
        each.name for each in second.folder.rglob("*")
    )


@pytest.mark.parametrize("changed", ["settings.py", "requirements.txt", "added.sql"])
def test_a_change_makes_another_bundle(own_code: Path, tmp_path: Path, changed: str) -> None:
    before = bundles.make("inside", build=tmp_path / "build")
    (own_code / changed).write_text("another==2\n")
    after = bundles.make("inside", build=tmp_path / "build")
    assert after.digest != before.digest
    assert before.folder.exists(), "a synth beside this one may still be reading it"


def test_what_a_bundle_has_no_use_for_is_left_out(own_code: Path, tmp_path: Path) -> None:
    made = bundles.make("control", build=tmp_path / "build")
    there = {str(path.relative_to(made.folder)) for path in made.folder.rglob("*") if path.is_file()}
    assert there == {"botocore/data/rds/service-2.json", "lambdas/settings.py"}


def test_dependencies_that_cannot_be_fetched_are_told_in_words(
    own_code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(bundles, "REQUIREMENTS", own_code / "requirements.txt")
    with pytest.raises(bundles.BundleFailed, match=r"could not be fetched \[requirements.txt\]"):
        bundles.make("control", build=tmp_path / "build")
