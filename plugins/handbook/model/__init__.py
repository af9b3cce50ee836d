"""Frozen records that the stages hand to each other. No stage's code is in here."""
