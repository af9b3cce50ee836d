"""What Hydra reads: defaults in ``config.yaml``, choices in the folders."""
