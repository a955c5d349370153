"""A bundle is unpacked once."""

import json

from core_bench import Workbench

WHERE = """
import os

def handler(event, context):
    return os.path.realpath(os.path.dirname(__file__))
"""


def test_functions_of_the_same_bundle_share_its_files_and_no_others(bench: Workbench) -> None:
    def place(source: str) -> str:
        answer = bench.engine.client("lambda").invoke(FunctionName=bench.function(source))
        told: str = json.loads(answer["Payload"].read())
        return told

    assert place(WHERE) == place(WHERE)
    assert place(WHERE) != place(WHERE + "\n# another")
