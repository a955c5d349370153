import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from cdk import environments
from infrastructure.templates import Assembly


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever looks at the templates does so on one worker: they are synthesized once."""
    for item in items:
        if "prod" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("templates"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The templates of config/prod.toml."""
    from cdk import assembly  # noqa: PLC0415  starts Node, which the tests of the settings do not need

    folder = tmp_path_factory.mktemp("prod")
    assembly.build(environments.load("prod"), outdir=str(folder)).synth()
    return Assembly(folder, "prod")


@pytest.fixture
def tables() -> dict[str, Any]:
    """The tables of config/prod.toml, to spoil."""
    tables: Mapping[str, Any] = tomllib.loads((environments.FOLDER / "prod.toml").read_text(encoding="utf-8"))
    return dict(tables)
