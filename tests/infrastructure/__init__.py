"""The synthesized templates, and what makes them."""
