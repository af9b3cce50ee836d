"""The model's side: data, training, evaluation, export. Knows nothing of queues or web servers."""
