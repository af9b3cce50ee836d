"""Say how likely a delivery comes late: enqueue a delivery, fetch its score.

The package is layered; each module knows only those below it, as ``lint-imports`` sees to::

    __main__, commands      the command line
    api, background         the processes: API; worker and trainer
    gate, probes, serve     what stands between a socket and the work
    worker, trainer         the loops that take jobs and have them done
    drift, intake, work     what is done: drift measured, requests taken in, deliveries scored
    journal, metrics        what is told of it: counters, logs, spans
    predictor               client of the model server
    jobs                    the queue, a table
    db, migrate             Postgres
    contract, deliveries    ``openapi.yaml`` at work, and what comes of a checked body
    settings, telemetry     environment, logs and traces

``local`` starts all of it on one machine; nothing but the command line knows it.
"""

__version__ = "0.1.0"
