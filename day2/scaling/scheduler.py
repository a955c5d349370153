"""The door to EventBridge Scheduler: the schedules of one group, as they are deployed."""

from collections.abc import Mapping
from typing import Any

from day2.asking import as_operator

Told = Mapping[str, Any]
"""What GetSchedule tells of a schedule, every field of it."""


class Scheduler:
    """One group of schedules, of one account and Region."""

    def __init__(self, client: Any, group: str) -> None:
        self._client, self._group = client, group

    def schedules(self) -> dict[str, Told]:
        """Every schedule of the group by its name."""
        with as_operator(self._group, action="scheduler:ListSchedules"):
            pages = self._client.get_paginator("list_schedules").paginate(GroupName=self._group)
            names = [each["Name"] for page in pages for each in page["Schedules"]]
        return {name: self._schedule(name) for name in names}

    def _schedule(self, name: str) -> Told:
        with as_operator(f"{self._group}/{name}", action="scheduler:GetSchedule"):
            told: Told = self._client.get_schedule(GroupName=self._group, Name=name)
        return told

    def change(self, told: Told, fields: Told) -> None:
        """Give a schedule these fields; what was told of the others is sent back.

        UpdateSchedule replaces the whole schedule: a field that is not sent gets its default (UpdateSchedule,
        EventBridge Scheduler API reference).
        """
        takes = self._client.meta.service_model.operation_model("UpdateSchedule").input_shape.members
        sent = {name: value for name, value in {**told, **fields}.items() if name in takes}
        with as_operator(
            f"{self._group}/{told['Name']}", action="scheduler:UpdateSchedule, and iam:PassRole on its role"
        ):
            self._client.update_schedule(**sent)
