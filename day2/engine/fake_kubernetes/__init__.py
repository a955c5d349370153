"""A fake Kubernetes API server. Enough for a client to see what a real one would answer; nothing runs behind it."""
