import hashlib
import re
from pathlib import Path

import pytest

from lambdas.errors import VerificationFailed
from lambdas.verification import checks
from lambdas.verification.checks import CatalogueFault

ROOT = Path(__file__).resolve().parents[2]

ONE = """\
-- check: X01_thing
-- title: A thing
-- severity: critical
-- requires: users, users.deleted
-- expect: zero
-- phase: both
SELECT 0::bigint AS value, 'x' AS detail;
"""


def test_the_catalogue_covers_every_area() -> None:
    areas = {check.id[0] for check in checks.catalogue()}

    assert areas == set("ABCDEFG")
    assert len(checks.catalogue()) == 62


def test_a_check_is_read_with_its_metadata() -> None:
    (check,) = checks.parse(ONE, origin="x.sql")

    assert check.id == "X01_thing"
    assert check.requires == ("users", "users.deleted")
    assert check.tables == {"users"}
    assert check.statement == "SELECT 0::bigint AS value, 'x' AS detail"


def test_the_digest_is_that_of_the_statement_whatever_the_check_is_called() -> None:
    (check,) = checks.parse(ONE, origin="x.sql")
    (renamed,) = checks.parse(ONE.replace("X01_thing", "X02_thing"), origin="x.sql")
    (other,) = checks.parse(ONE.replace("0::bigint", "1::bigint"), origin="x.sql")

    assert check.digest == hashlib.sha256(check.statement.encode()).hexdigest()[:16]
    assert renamed.digest == check.digest
    assert other.digest != check.digest


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("severity: fatal", "severity: critical"),
        ("expect: none", "expect: zero"),
        ("phase: always", "phase: both"),
        ("title: A thing\n-- title: twice", "title: A thing"),
        ("-- colour: red\n-- title: A thing", "-- title: A thing"),
        ("UPDATE users SET deleted = true;", "SELECT 0::bigint AS value, 'x' AS detail;"),
        ("SELECT 1; SELECT 2;", "SELECT 0::bigint AS value, 'x' AS detail;"),
    ],
)
def test_a_file_that_does_not_follow_the_grammar_is_refused(wrong: str, right: str) -> None:
    with pytest.raises(CatalogueFault):
        checks.parse(ONE.replace(right, wrong), origin="x.sql")


def test_no_statement_says_more_than_counts_and_ids() -> None:
    """A `detail` is made of counts, times, versions and digests; what it aggregates as text is listed here."""
    told = {"(DISTINCT to_jsonb(d) ->> 'version', ', ')", "(active_key_digest, ',' ORDER BY active_key_digest)"}

    for check in checks.catalogue():
        for aggregated in re.findall(r"string_agg(\(.*?, '.*?'.*?\))", check.statement):
            assert aggregated in told, check.id
        for aggregated in re.findall(r"array_agg\((?:DISTINCT )?([\w.]+)", check.statement):
            column = aggregated.split(".")[-1]
            # The rest are names of schema objects and keys of our own lists.
            assert column in {"id", "workspace_id", "t", "f", "k", "relname", "conname", "tgname"}, check.id


def test_every_statement_refers_to_the_recovery_point_and_not_to_the_clock() -> None:
    for check in checks.catalogue():
        assert "now()" not in check.statement, check.id
        assert "current_timestamp" not in check.statement.lower(), check.id


def test_at_least_three_faults_are_planted_whatever_the_phase_and_the_settings() -> None:
    for phase in ("drill", "live"):
        chosen = checks.chosen(phase, expect={"B01_users_active": "report"})  # type: ignore[arg-type]
        controls = checks.controls(chosen)

        assert len(controls) >= 3
        assert {control.expect for control in controls} >= {"zero", "positive"}


def test_a_drill_leaves_out_the_checks_of_a_living_deployment() -> None:
    drill = {check.id for check in checks.chosen("drill", expect={})}
    live = {check.id for check in checks.chosen("live", expect={})}

    assert "E06_provisioner_daemons_alive" in live - drill
    assert "A13_nothing_after_recovery_point" in drill - live


def test_the_settings_replace_an_expectation() -> None:
    chosen = {check.id: check for check in checks.chosen("drill", expect={"F01_license_valid": "report"})}

    assert chosen["F01_license_valid"].expect == "report"


def test_an_expectation_of_an_unknown_check_is_a_fault_of_the_settings() -> None:
    with pytest.raises(VerificationFailed, match=r"verification\.expect\.Z99_nothing: there is no such check"):
        checks.chosen("drill", expect={"Z99_nothing": "zero"})


@pytest.mark.parametrize(
    ("check", "value", "problem"),
    [
        ("F01_license_valid", "many", "is none of zero, positive, one, report"),
        ("FK01_no_orphans", "positive", "is none of report"),
        ("D01_workspaces_live", "zero", "'zero' would change nothing, for this check informs and is never judged"),
    ],
)
def test_an_unknown_expectation_is_a_fault_of_the_settings(check: str, value: str, problem: str) -> None:
    (fault,) = checks.faults({check: value})

    assert problem in fault


def test_information_may_be_said_to_be_a_report() -> None:
    assert not checks.faults({"D01_workspaces_live": "report"})


def test_the_verifiers_own_check_cannot_be_turned_off() -> None:
    assert checks.faults({checks.VERIFIER: "report"})


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.toml")), ids=lambda file: file.name)
def test_the_expectations_of_every_environment_are_of_checks_that_exist(file: Path) -> None:
    import tomllib  # noqa: PLC0415  only this test reads files

    expect = tomllib.loads(file.read_text()).get("verification", {}).get("expect", {})

    assert not checks.faults(expect)


@pytest.mark.parametrize(
    ("expect", "value", "severity", "verdict"),
    [
        ("zero", 0, "critical", "pass"),
        ("zero", 1, "critical", "fail"),
        ("zero", 1, "warning", "warn"),
        ("positive", 1, "critical", "pass"),
        ("positive", 0, "critical", "fail"),
        ("one", 2, "critical", "fail"),
        ("zero", None, "critical", "fail"),
        ("report", 7, "critical", "report"),
        ("zero", 7, "info", "report"),
    ],
)
def test_a_value_is_judged_by_expectation_and_severity(
    expect: str, value: int | None, severity: str, verdict: str
) -> None:
    assert checks.verdict(value, expect=expect, severity=severity) == verdict  # type: ignore[arg-type]


def test_a_long_list_is_cut_after_five() -> None:
    assert checks.first_of("abcdefg", total=7) == "a, b, c, d, e and 2 more"
    assert checks.first_of("ab", total=2) == "a, b"
