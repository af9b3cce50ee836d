"""Turn facts into pages: :mod:`handbook.render.service` those of a service,
:mod:`handbook.render.fleet` those over all of them.

Nothing is imported here: only workers need the renderers, which take a while to load.
"""
