"""Outlives the engine's process, to end what that can no longer end.

An engine that is told to stop ends its guard among everything else. One that is killed says nothing: standard
input, of which it alone holds the other end, then closes, and the guard ends the functions that are at work, the
PostgreSQL servers and the pods. Neither a signal on the parent's death, which Linux ties to the thread that started
the child, nor PostgreSQL itself, which leaves its parent, would do that.

    python -I guard.py WORKSPACE PID STARTED
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from day2.engine import state
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process, wait_until_gone

_END_SECONDS = 5.0
"""From the closing of a killed process's files to its end."""


def main(arguments: list[str]) -> int:
    """Wait for the engine's end, and clear what it left unless another has done so, or begun an engine there."""
    workspace, engine = Path(arguments[0]), Process(int(arguments[1]), arguments[2])
    while os.read(0, 1):
        pass
    wait_until_gone([engine], seconds=_END_SECONDS)
    with suppress(FileNotFoundError), state.alone(workspace):
        begun = state.noted(workspace)
        if begun is not None and begun.process == engine:
            Leftovers.of(workspace).forget_process(os.getpid())
            state.clear(workspace)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
