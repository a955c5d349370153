"""Runs every benchmark of this folder, one after the other."""

import pkgutil
from importlib import import_module

import bench


def main() -> None:
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))
    for name in names:
        # Some modules only help the others.
        run = getattr(import_module(f"bench.{name}"), "main", None)
        if run is not None:
            run()


if __name__ == "__main__":
    main()
