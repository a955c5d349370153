"""The console script's entry point: Ctrl-C is answered in a sentence from the first import on."""

import sys

INTERRUPTED = 130  # 128 and SIGINT's number, as shells have it


def main() -> None:
    """Run the command `day2`; exit code 130 when it was interrupted, also before it had begun."""
    try:
        from day2.cli import app, output  # noqa: PLC0415  its imports take a third of a second: not before the `try`

        output.run(app)
    except KeyboardInterrupt:
        sys.stderr.write("✗ Interrupted.\n")
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
