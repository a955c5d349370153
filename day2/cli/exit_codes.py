"""What the command's exit codes tell a script. 130 is 128 and SIGINT's number, as shells have it."""

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
