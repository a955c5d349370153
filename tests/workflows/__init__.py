"""The state machines, executed in this process in virtual time, with faults."""
