"""Platform restores from the operator's side."""
