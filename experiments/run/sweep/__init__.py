"""Running a sweep: chunks, Dask, SLURM, reproduction."""
