"""A handbook for ML startups as one static site.

The whole machine is on one page: :mod:`handbook.pipeline`.
"""
