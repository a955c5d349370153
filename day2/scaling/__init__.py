"""Scaling on the operator's side: what the settings order by the clock, and what a person orders."""
