"""The whole service on one machine, for development and tests. Production uses ``deploy/``."""
