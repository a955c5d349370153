"""Tests of the recovery room: its decisions by themselves, its steps against a small AWS of values."""
