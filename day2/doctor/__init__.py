"""What is wrong around a deployment that no workflow sees: found, and each with what mends it. Nothing is changed."""
