"""What a person may not ask of the engine's node groups: every fault at once, and nothing changed."""

import pytest
from scaling_stage import PROVISIONERS, WORKSPACES, Stage


def test_the_control_group_is_refused_by_its_name(stage: Stage) -> None:
    seen = stage.scale("coder-local-control", desired=3)
    assert (seen.status, seen.error) == ("FAILED", "InputRejected")
    assert "'coder-local-control' is the control group: it is Coder's own and never scaled" in seen.sentence
    told = stage.day2.run("scale", "coder-local-control", "--desired", "3")
    assert (told.returncode, "Coder's own and never scaled" in told.stderr) == (2, True)


def test_an_unknown_group_is_told_which_there_are_with_every_other_fault(stage: Stage) -> None:
    seen = stage.scale("coder-local-gpu", desired=-1, until="2020-01-01T22:00:00Z")
    assert (seen.status, seen.error) == ("FAILED", "InputRejected")
    assert f"'coder-local-gpu' is none of workspace ({WORKSPACES}), provisioner ({PROVISIONERS})" in seen.sentence
    assert "request.desired: -1 is not between 0 and 10000" in seen.sentence
    assert "request.until: 2020-01-01 22:00:00 UTC is past" in seen.sentence


def test_an_expiry_that_is_past_is_bad_input_and_holds_nothing(stage: Stage) -> None:
    sizes = stage.sizes()
    told = stage.day2.refusal("scale", "workspaces", "--desired", "11", "--until", "2020-01-01T22:00:00Z")
    assert "is past; it is" in told
    assert stage.sizes() == sizes


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"desired": 201}, ["above the maximum of 200", "above the ceiling of 200 in the settings"]),
        (
            {"desired": 30, "min": 40, "max": 20},
            ["min 40 is more than max 20", "below the minimum of 40", "above the maximum of 20"],
        ),
        (
            {"desired": 300, "min": 2, "max": 300},
            ["max 300 is above the ceiling of 200", "300 nodes is above the ceiling of 200"],
        ),
    ],
    ids=str,
)
def test_sizes_outside_the_limits_are_refused_with_every_limit(
    stage: Stage, asked: dict[str, int], said: list[str]
) -> None:
    sizes, options = stage.sizes(), [f"--{name}={value}" for name, value in asked.items()]
    told = stage.day2.run("scale", "workspaces", *options)
    sentence = " ".join(told.stderr.split())
    assert (told.returncode, "ScalingRefused" in sentence) == (1, True)
    for each in said:
        assert each in sentence
    assert stage.sizes() == sizes
