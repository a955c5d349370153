"""Stacks, by how long they live: evidence outlives everything, operations may be replaced, watch looks on."""
