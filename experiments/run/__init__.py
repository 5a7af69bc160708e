"""Who runs: this process, worker processes or a cluster, and how they are watched and stopped."""
