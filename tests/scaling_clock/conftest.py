"""An account with production's schedules, in which the commands work."""

from collections.abc import Iterator

import pytest
from deployed_schedules import Deployed
from moto import mock_aws

from day2.cli import doctor, schedule_deployed, schedule_set


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        here = Deployed()
        for command in (schedule_set, schedule_deployed, doctor):
            monkeypatch.setattr(command, "deployment_of", lambda _environment, **_where: here.deployment)
        yield here
