"""Running a sweep: executors, chunks, dispatch, reproduction."""
