"""Package manifests, read as data: what the package is called, needs, and who is named in it."""
