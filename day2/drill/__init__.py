"""The operator's side of a drill: where it is deployed, starting it, following it, reading its evidence."""
