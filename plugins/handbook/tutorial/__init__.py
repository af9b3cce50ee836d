"""Tutorials that are run as they are written: pages as steps, digests, reports, and the runner.

``steps`` reads a page, ``report`` holds what a run found, ``uses`` tells whether it still holds.
These are light: the site reads them too. ``runner`` runs the pages, and needs pytest and Sybil.
"""
