from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from fraud_score.jobs import InMemoryJobQueue, KeyReusedError, QueueFullError, Status
from fraud_score.metrics import Metrics
from fraud_score.model import LogisticModel, Score
from fraud_score.transactions import Transaction
from fraud_score.worker import Worker

SCORE = Score(0.5, "review", ())


def test_jobs_leave_in_the_order_they_came(payment: Transaction) -> None:
    queue = InMemoryJobQueue()
    came = [queue.enqueue(replace(payment, transaction_id=f"t-{n}")).id for n in range(3)]
    left = [job.id for _ in came if (job := queue.take(0))]
    assert left == came
    assert queue.take(0) is None


def test_a_job_goes_from_queued_to_its_end(payment: Transaction) -> None:
    queue = InMemoryJobQueue(clock=iter([10.0, 12.5]).__next__)
    job = queue.enqueue(payment)
    assert (job.status, job.enqueued_at) == (Status.QUEUED, 10.0)
    taken = queue.take(0)
    assert taken is not None and taken.status is Status.RUNNING
    done = queue.succeed(job.id, SCORE)
    assert (done.status, done.finished_at, done.score) == (Status.SUCCEEDED, 12.5, SCORE)
    assert queue.get(job.id) == done


def test_a_full_queue_takes_no_more(payment: Transaction) -> None:
    queue = InMemoryJobQueue(limit=1)
    queue.enqueue(payment)
    with pytest.raises(QueueFullError):
        queue.enqueue(payment)
    queue.take(0)
    assert queue.enqueue(payment).status is Status.QUEUED


def test_one_key_is_one_job(payment: Transaction) -> None:
    queue = InMemoryJobQueue(limit=1)
    first = queue.enqueue(payment, "k")
    assert queue.enqueue(payment, "k") == first, "also when the queue is full"
    with pytest.raises(KeyReusedError):
        queue.enqueue(replace(payment, amount_eur_cents=1), "k")


def test_the_oldest_finished_jobs_are_forgotten_with_their_keys(payment: Transaction) -> None:
    queue = InMemoryJobQueue(keep=1)
    jobs = [queue.enqueue(payment, f"k{n}") for n in range(2)]
    for job in jobs:
        queue.take(0)
        queue.succeed(job.id, SCORE)
    assert queue.get(jobs[0].id) is None
    assert queue.get(jobs[1].id) is not None
    assert queue.enqueue(payment, "k0").id != jobs[0].id


def test_a_waiting_worker_is_woken(payment: Transaction) -> None:
    queue = InMemoryJobQueue()
    taken: list[object] = []
    waiter = threading.Thread(target=lambda: taken.append(queue.take(10)))
    waiter.start()
    job = queue.enqueue(payment)
    waiter.join(5)
    assert taken == [replace(job, status=Status.RUNNING)]


def test_one_bad_payment_does_not_end_the_worker(
    model: LogisticModel, payment: Transaction, caplog: pytest.LogCaptureFixture
) -> None:
    queue = InMemoryJobQueue()
    metrics = Metrics(queue.waiting)
    worker = Worker(queue, model, metrics)
    bad = queue.enqueue(replace(payment, amount_eur_cents=0))
    good = queue.enqueue(payment)
    worker.start()
    assert worker.alive()
    assert worker.stop(5), "the queue is drained, then the worker ends"
    assert not worker.alive()
    ends = [job.status for n in (bad, good) if (job := queue.get(n.id))]
    assert ends == [Status.FAILED, Status.SUCCEEDED]
    assert 'fraud_score_jobs_total{status="failed"} 1' in metrics.text()
    assert bad.id in caplog.text
