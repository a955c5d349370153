"""Runs every benchmark of this folder, one after the other."""

import pkgutil
from importlib import import_module

import bench


def main() -> None:
    for module in pkgutil.iter_modules(bench.__path__):
        run = getattr(import_module(f"bench.{module.name}"), "main", None)
        if run is not None and not module.name.startswith("__"):
            run()


main()
