"""Fleets of service repos made on the spot, to look at and to measure with."""
