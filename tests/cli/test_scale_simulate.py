"""`day2 scale simulate`: the table, the page that it writes, the figures for a script, and everything it refuses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cdk.environments import load
from day2.cli.app import app
from day2.scaling.simulation import asking

TRACE = """\
time,workspace,event
2026-10-26T08:55:00-04:00,ws-1,start
2026-10-27T19:00:00-04:00,ws-1,stop
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["scale", "simulate", *arguments], env={"COLUMNS": "80"})


def test_the_table_fits_80_columns_and_says_where_the_page_is(here: Path) -> None:
    shown = run("--from", "2026-10-26", "--days", "3", "--users", "200")
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0] == "prod: coder-prod-ws, 3 days from Mon 2026-10-26, America/New_York"
    assert max(map(len, lines)) <= 80
    assert lines[3].split() == ["clock", "and", "alarms", "fixed", "10/50", "always", "50"]
    assert lines[4].split()[:4] == ["running", "workspaces", "ended", "0"]
    page = here / "reports" / "scaling-prod-2026-10-26-3-days-seed-1.html"
    assert lines[-1] == f"  {page.relative_to(here)}"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_script_gets_the_figures_and_where_the_page_is(here: Path) -> None:
    told = json.loads(
        run(
            "--from", "2026-10-26", "--days", "2", "--seed", "7", "--html", "here.html", "--node-price", "1", "--json"
        ).stdout
    )
    assert told["trace"] == "synthetic, 1000 users, seed 7"
    assert told["ways"]["guarded"]["killed"] == told["ways"]["guarded"]["late_minutes"] == 0
    assert told["ways"]["always_peak"]["node_hours"] == told["ways"]["always_peak"]["cost_usd"] == 2 * 24 * 50
    assert told["files"] == ["here.html"]
    assert (here / "here.html").is_file()


def test_the_same_request_gives_the_same_figures_and_another_seed_others() -> None:
    first = ("--from", "2026-10-26", "--days", "2", "--users", "300", "--json")
    assert run(*first).stdout == run(*first).stdout
    assert json.loads(run(*first).stdout)["ways"] != json.loads(run(*first, "--seed", "2").stdout)["ways"]


def test_nodes_that_are_filled_first_are_simulated_where_that_is_asked_for() -> None:
    told = json.loads(run("--from", "2026-10-26", "--days", "1", "--placement", "packed", "--json").stdout)
    assert told["fabric"]["placement"] == "packed"


def test_a_recorded_trace_is_run_whole_from_its_first_day(here: Path) -> None:
    (here / "october.csv").write_text(TRACE, encoding="utf-8")
    told = json.loads(run("--trace", "october.csv", "--json").stdout)
    assert (told["from"], told["until"], told["trace"]) == (
        "2026-10-26T04:00:00Z",
        "2026-10-28T04:00:00Z",
        "october.csv",
    )
    assert told["ways"]["guarded"]["starts"] == 1
    assert told["files"] == ["reports/scaling-prod-2026-10-26-2-days-october.html"]


def test_left_alone_it_shows_the_fortnight_that_begins_today() -> None:
    told = json.loads(run("--users", "20", "--json").stdout)
    assert told["files"][0].endswith("-14-days-seed-1.html")


def test_everything_that_is_wrong_is_told_at_once(here: Path) -> None:
    (here / "bad.csv").write_text(TRACE + "yesterday,ws-2,begin\n9999-12-31T23:59:00Z,ws-3,start\n", encoding="utf-8")
    refused = run(
        "--days", "367", "--from", "2026-13-01", "--env", "staging", "--trace", "bad.csv", "--seed", "1",
        "--users", "0", "--placement", "best", "--node-price", "nan", "--html", "nowhere/page.html",
    )  # fmt: skip
    assert refused.exit_code == 2
    assert refused.stderr.replace("✗ ", "").split("\n") == [
        "--days 367: is not from 1 to 366",
        "  --users 0: is not from 1 to 20000",
        "  --placement best: is neither spread nor packed",
        "  --node-price nan: is no price",
        "  --seed 1: is for invented days, and --trace has recorded ones",
        "  --users 0: is for invented days, and --trace has recorded ones",
        "  --html nowhere/page.html: there is no folder nowhere",
        "  --from 2026-13-01: is no date such as 2026-11-30",
        "  environment: 'staging' is unknown; known: local, prod",
        "  --trace bad.csv: line 4: event: 'begin' is neither start nor stop",
        "  --trace bad.csv: line 4: time: Invalid isoformat string: 'yesterday'",
        "  --trace bad.csv: line 5: time: is not from 1970 to 2199",
        "",
    ]
    assert list(here.iterdir()) == [here / "bad.csv"]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--days", "0"), "--days 0: is not from 1 to 366"),
        (("--from", "1969-12-31"), "--from 1969-12-31: is not from 1970 to 2199"),
        (("--from", "2200-01-01"), "--from 2200-01-01: is not from 1970 to 2199"),
        (("--html", "."), "--html .: is a folder"),
        (("--node-price", "-1"), "--node-price -1: is no price"),
        (("--trace", "none.csv"), "--trace none.csv: No such file or directory"),
    ],
)
def test_a_single_fault_is_a_sentence(arguments: tuple[str, ...], fault: str) -> None:
    refused = run(*arguments)
    assert (refused.exit_code, refused.stderr) == (2, f"✗ {fault}\n")


def test_an_environment_that_scales_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "load", lambda name: load(name).model_copy(update={"scaling": None}))
    refused = run()
    assert refused.exit_code == 2
    assert "config/prod.toml has no table [scaling.groups.workspace]" in refused.stderr


def test_the_ends_of_the_calendar_are_days_too() -> None:
    assert run("--from", "1970-01-01", "--days", "1", "--users", "5").exit_code == 0
    assert run("--from", "2199-12-31", "--days", "1", "--users", "5").exit_code == 0
