"""`pytest tutorials` runs the pages beside this file as they are written."""

pytest_plugins = ["handbook.tutorial.runner.plugin"]
# Not this repo's code: the service that `handbook new` writes, with tests of its own.
collect_ignore = ["new-service"]
