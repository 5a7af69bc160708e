"""The folder of a sweep: store, manifest, lock, query, retry, rebuilding."""
