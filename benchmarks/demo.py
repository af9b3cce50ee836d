"""Make the demo fleet and show it: ``make demo``.

Over 30 varied services are made on the spot as real git repos, fetched, then some are spoilt
(one gone, one moved on) and fetched again, so that the site shows what a real fleet shows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    # Run as a file, Python looks for "benchmarks" beside it instead of above it.
    sys.path.insert(0, str(ROOT))

from benchmarks.demofleet.fleet import make_fleet, spoil  # noqa: E402


def main(argv: Sequence[str] | None = None) -> int:
    """Make, fetch, spoil, fetch, then serve (or build). Returns the exit code."""
    options = _options(argv)
    folder: Path = options.folder.resolve()
    services = make_fleet(folder)
    print(f"{len(services)} services below {folder}", flush=True)
    configuration = ("-f", str(folder / "mkdocs.yml"))
    # A sync that cannot fetch everything is what the demo is about: it must go on.
    _handbook("sync", *configuration)
    spoil(folder)
    _handbook("sync", *configuration)
    if options.build:
        return _handbook("build", *configuration)
    return _handbook("serve", "--offline", *configuration, *options.rest)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".handbook" / "demo", help="where to make it"
    )
    parser.add_argument("--build", action="store_true", help="build the site, do not serve it")
    parser.add_argument("rest", nargs="*", help="options for `handbook serve`, after --")
    return parser.parse_args(argv)


def _handbook(*arguments: str) -> int:
    command = [sys.executable, "-c", "from handbook.cli import main; main()", *arguments]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
