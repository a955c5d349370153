"""Benchmarks: one module each, every figure beside what it is measured against, in one run on one machine.

They print ratios and their aims, and judge nothing: `python -m bench` runs all, `python -m bench.verification` one.
"""
