"""What the pods of provisioners would say to coderd, and what is known by it of their builds.

They are objects only. So the engine enrols those that are ready with a replica of the fake Coder, again and again, as
each daemon's own connection would; the replica's answer tells which of them run a build, and these are not ended before
it is over.
"""

import http.client
import json
from collections.abc import Sequence
from http import HTTPStatus

from day2.engine.fake_kubernetes.front import Address

_PATH = "/fake/provisionerdaemons"
_EVERY_SECONDS = 1.0
_AFTER_FAILURE_SECONDS = 5.0
_ANSWER_SECONDS = 1.0


class Provisioners:
    """The daemons of one cluster. Clocks are the store's."""

    def __init__(self) -> None:
        self._enrolled: frozenset[str] = frozenset()
        self._busy: frozenset[str] = frozenset()
        self._due = self._looked_at = 0.0

    def speak(self, names: frozenset[str], replicas: Sequence[Address], *, clock: float, ending: bool) -> None:
        """Enrol these pods with the first replica, where it is time, or they are others, or one of them is to end.

        Without a replica nobody can be asked, and nobody gives them builds.
        """
        if not replicas:
            self._enrolled, self._busy, self._looked_at = frozenset(), frozenset(), clock
            return
        if not names or not (ending or names != self._enrolled or clock >= self._due):
            return
        answered = _tell(replicas[0], names)
        self._due = clock + (_AFTER_FAILURE_SECONDS if answered is None else _EVERY_SECONDS)
        self._enrolled = names
        if answered is not None:
            self._busy, self._looked_at = answered, clock

    def may_end(self, name: str, *, since: float) -> bool:
        """Whether a pod, to be ended since then, was seen afterwards to run no build."""
        return self._looked_at > since and name not in self._busy


def _tell(replica: Address, names: frozenset[str]) -> frozenset[str] | None:
    """Who runs a build; None where the replica does not answer."""
    asked = http.client.HTTPConnection(*replica, timeout=_ANSWER_SECONDS)
    try:
        asked.request("POST", _PATH, body=json.dumps({"names": sorted(names)}))
        answer = asked.getresponse()
        return frozenset(json.loads(answer.read())["busy"]) if answer.status == HTTPStatus.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        asked.close()
