"""Score card payments for fraud: enqueue a payment, fetch its score.

The package is layered; each module knows only those above it::

    transactions   what a payment is, and what makes a request invalid
    features       numbers the model sees
    model          a logistic model that explains itself
    training       makes that model from seeded data
    jobs           the queue between the API and the workers
    worker         takes jobs, scores, writes results
    metrics        what Prometheus scrapes
    api            routes of ``openapi.yaml``, without any socket
    server         sockets, signals, shutdown
"""

__version__ = "0.1.0"
