"""The console script's entry point: Ctrl-C is answered in a sentence from the first import on."""

import sys

from day2.cli.exit_codes import INTERRUPTED


def main() -> None:
    """Run the command `day2`; exit code 130 when it was interrupted, also before it had begun."""
    try:
        from day2.cli import output  # noqa: PLC0415  its imports take a third of a second: not before the `try`
        from day2.cli.app import app  # noqa: PLC0415  as above

        output.run(app)
    except KeyboardInterrupt:
        sys.stderr.write("✗ Interrupted.\n")
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
