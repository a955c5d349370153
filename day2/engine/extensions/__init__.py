"""What MiniStack lacks, one small module per gap.

Each module names in `NEEDS` the private names of MiniStack that it reads or replaces (checked at start), and puts
its change in place with `install(settings)`. They run in the engine's own process only.
"""
