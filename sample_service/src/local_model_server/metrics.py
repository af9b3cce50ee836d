"""Counters and histograms under the names the real server exports to Prometheus.

The format is that of util/prometheus_exporter.cc: `/tensorflow/serving/request_count` becomes
`:tensorflow:serving:request_count`.
"""

from __future__ import annotations

import bisect
import re
import threading
from collections.abc import Sequence


def exponential(scale: float, factor: float, count: int) -> tuple[float, ...]:
    """Upper limits of buckets that grow by `factor`."""
    return tuple(scale * factor**power for power in range(count))


LATENCY = exponential(10, 1.8, 33)  # microseconds, to some 20 minutes
COUNTS = exponential(1, 2, 15)


class Counter:
    """A count for each set of label values."""

    kind = "counter"

    def __init__(self, name: str, labels: Sequence[str]) -> None:
        self.name = re.sub(r"[^a-zA-Z0-9_]", ":", name)
        self._labels = labels
        self._lock = threading.Lock()
        self._values: dict[tuple[str, ...], int] = {}

    def add(self, *labels: str, amount: int = 1) -> None:
        """Count `amount` more."""
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + amount

    def value(self) -> int:
        """The first count, as `ReloadConfigRequest.metric_names` asks for it."""
        with self._lock:
            return next(iter(self._values.values()), 0)

    def lines(self) -> list[str]:
        """The samples in Prometheus' text format."""
        with self._lock:
            values = list(self._values.items())
        return [f"{self.name}{{{_pairs(self._labels, key)}}} {value}" for key, value in values]


class Histogram:
    """A distribution for each set of label values."""

    kind = "histogram"

    def __init__(self, name: str, labels: Sequence[str], limits: Sequence[float]) -> None:
        self.name = re.sub(r"[^a-zA-Z0-9_]", ":", name)
        self._labels = labels
        self._limits = limits
        self._lock = threading.Lock()
        self._cells: dict[tuple[str, ...], tuple[list[int], list[float]]] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Count one value."""
        bucket = bisect.bisect_right(self._limits, value)
        with self._lock:
            cell = self._cells.get(labels)
            if cell is None:
                cell = self._cells[labels] = ([0] * (len(self._limits) + 1), [0.0])
            cell[0][bucket] += 1
            cell[1][0] += value

    def lines(self) -> list[str]:
        """The samples in Prometheus' text format."""
        with self._lock:
            cells = [(key, list(counts), total[0]) for key, (counts, total) in self._cells.items()]
        lines = []
        limits = [f"{limit:g}" for limit in self._limits] + ["+Inf"]
        for key, counts, total in cells:
            pairs = _pairs(self._labels, key)
            count = 0
            for limit, size in zip(limits, counts, strict=True):
                count += size
                lines.append(f'{self.name}_bucket{{{pairs},le="{limit}"}} {count}')
            lines.append(f"{self.name}_sum{{{pairs}}} {total:g}")
            lines.append(f"{self.name}_count{{{pairs}}} {count}")
        return lines


class Metrics:
    """All metrics of one server."""

    def __init__(self) -> None:
        by_api = ("model_name", "API")
        self.requests = Counter("/tensorflow/serving/request_count", ("model_name", "status"))
        self.latency = Histogram(
            "/tensorflow/serving/request_latency", (*by_api, "entrypoint"), LATENCY
        )
        self.runtime = Histogram(
            "/tensorflow/serving/runtime_latency", (*by_api, "runtime"), LATENCY
        )
        self.examples = Counter("/tensorflow/serving/request_example_count_total", ("model",))
        self.example_counts = Histogram(
            "/tensorflow/serving/request_example_counts", ("model",), COUNTS
        )
        self.warmup = Histogram(
            "/tensorflow/serving/model_warmup_latency", ("model_path", "status"), LATENCY
        )
        self.warmup_records = Counter(
            "/tensorflow/serving/model_warmup_records_read", ("model_path", "status")
        )
        self.loads = Counter("/tensorflow/cc/saved_model/load_attempt_count", ("path", "status"))
        self.load_latency = Counter("/tensorflow/cc/saved_model/load_latency", ("path",))
        self.queuing = Histogram(
            "/tensorflow/serving/batching_session/queuing_latency",
            ("thread_pool_name",),
            LATENCY,
        )
        self.batch_sizes = Histogram(
            "/tensorflow/serving/batching_session/processed_batch_size", ("model_name",), COUNTS
        )

    def counter(self, name: str) -> Counter | None:
        """The counter of that name (`/tensorflow/serving/request_count`), if there is one."""
        wanted = re.sub(r"[^a-zA-Z0-9_]", ":", name)
        counters = (m for m in vars(self).values() if isinstance(m, Counter))
        return next((counter for counter in counters if counter.name == wanted), None)

    def page(self) -> str:
        """What Prometheus reads."""
        lines = []
        for metric in vars(self).values():
            lines += [f"# TYPE {metric.name} {metric.kind}", *metric.lines()]
        return "\n".join(lines) + "\n"


def _pairs(names: Sequence[str], values: Sequence[str]) -> str:
    pairs = zip(names, values, strict=True)
    return ",".join(f'{name}="{_escape(value)}"' for name, value in pairs)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
