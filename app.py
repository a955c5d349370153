"""Synthesizes one environment: `python app.py --environment prod`, or the CDK command with `-c environment=prod`."""

import argparse
import json
import os
import sys

from cdk import assembly
from cdk.bundles import BundleFailed
from cdk.environments import SettingsError, load


def main() -> int:
    """Synthesize; 2 when the settings are wrong, 1 when the dependencies cannot be fetched."""
    environment = _environment()
    # The CDK command says where it wants the assembly; without it each environment has a folder of its own.
    outdir = None if "CDK_OUTDIR" in os.environ else f"cdk.out/{environment}"
    try:
        assembly.build(load(environment), outdir=outdir).synth()
    except SettingsError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    except BundleFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0


def _environment() -> str:
    context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    named = context.get("environment") or os.environ.get("CDK_ENVIRONMENT") or "local"
    parser = argparse.ArgumentParser(description="Synthesizes one environment of config/.")
    parser.add_argument("--environment", default=named, help="a file of config/ without .toml (default: %(default)s)")
    return str(parser.parse_args().environment)


if __name__ == "__main__":
    sys.exit(main())
