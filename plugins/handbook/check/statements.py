"""What the handbook's sources ask for, in short words: each statement is held by a rule."""

from __future__ import annotations

STATEMENTS: dict[int, str] = {
    1: "a press release comes first",
    2: "the README says impact and features",
    3: "beyond two weeks, a functional spec",
    4: "bug fixes with details or a link to the tracker",
    5: "trunk-based development",
    6: "no deployment trigger for certain people only",
    7: "deploy as soon as it is done",
    8: "API documentation, by definition",
    9: "engineering docs generated",
    10: "maintainers and committers listed",
    11: "the README sets the repo up",
    12: "database changes listed",
    13: "indexes: which, why, why not",
    14: "frequent deletes and updates named",
    15: "services, and what is monitored of each",
    16: "alerts for uptime, latency, throughput",
    17: "alerts for disk, CPU, memory: threshold and trigger",
    18: "today's pictures of the dashboards",
    19: "step by step to dev, stage, production",
    20: "pre-commit with formatter, sorted imports, linter",
    21: "the happy path",
    22: "type hints",
    23: "API first, then tests, then code",
    24: "tests as documentation of the API",
    25: "liveness and readiness checks",
    26: "ready only once traffic can be served",
    27: "datasets versioned, in buckets",
    28: "reuse of APIs that are maintained",
    29: "experiments that can be repeated",
    30: "soft-realtime inference on a model server",
    31: "models versioned, training tracked",
    32: "a versioning scheme of one's own",
    33: "models mounted from a network file system",
    34: "no large download when a container starts",
    35: "heavy pre- and post-processing out of Python",
    36: "ML engineers write the model stack, nothing above it",
    37: "a backend engineer early",
    38: "no mix of callbacks, queues and synchronous calls",
    39: "queues everywhere, where work is asynchronous",
    40: "no new project on Python 2.7",
    41: "data stays where it is; code goes there",
    42: "computation in memory",
    43: "live data instead of copies",
    44: "models kept up to date, since they drift",
    45: "open-source ecosystems",
    46: "packages as standard as possible",
    47: "packages that are well maintained",
    48: "packages with a long expected support",
    49: "as few dependencies as possible",
}
"""By number: 1 to 29 of the startup's checklist, 30 to 40 of the operations engineer, the rest of
the scientist."""

SOURCES = (
    ("The startup's checklist", range(1, 30)),
    ("The operations engineer", range(30, 41)),
    ("The scientist", range(41, 50)),
)
"""Who says what: the numbers of their statements."""
