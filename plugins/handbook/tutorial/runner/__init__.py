"""Runs tutorials as a reader would: one bash a page, one workspace, and nothing left behind.

``plugin`` is loaded by pytest (``tutorials/conftest.py``), ``session`` is one run of all pages.
"""
