"""``python -m experiments.benchmark.gpu``: the experiment as a command."""

from experiments.benchmark.gpu.experiment import main

if __name__ == "__main__":
    raise SystemExit(main())
