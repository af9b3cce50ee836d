"""The demo fleet: what its services are (``services/*.yml``) and how they become repos."""
