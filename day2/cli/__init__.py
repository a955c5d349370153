"""The command `day2`: what the operator types, and what the terminal shows."""
