#!/usr/bin/env python3
"""Print the alerts that a Prometheus knows to be pending or firing: ``deploy/alerts.py ADDRESS``.

With ``--wait NAME`` only once that one fires. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.request


def main() -> int:
    """Return 0, or 1 when the alert waited for does not fire in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="what deploy/prometheus.sh prints")
    parser.add_argument("--wait", metavar="NAME", help="until this alert fires")
    parser.add_argument("--seconds", type=float, default=120, help="and no longer than that")
    asked = parser.parse_args()
    if not asked.address.startswith("http"):
        parser.error(f"no address: {asked.address!r}; start one with deploy/prometheus.sh")
    deadline = time.monotonic() + asked.seconds
    while asked.wait and f"{asked.wait} firing" not in alerts(asked.address):
        if time.monotonic() > deadline:
            print(f"{asked.wait} does not fire", file=sys.stderr)
            return 1
        time.sleep(0.5)
    print("\n".join(alerts(asked.address)) or "no alert")
    return 0


def alerts(address: str) -> list[str]:
    """Return ``NAME STATE`` for each alert, sorted, each once."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{address}/api/v1/alerts", timeout=5) as answer:
        found = json.load(answer)["data"]["alerts"]
    return sorted({f"{one['labels']['alertname']} {one['state']}" for one in found})


if __name__ == "__main__":
    sys.exit(main())
