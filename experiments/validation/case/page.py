"""What the page docs/validation.md says about cases of one's own: how to write them, and the topics that are built."""

from experiments.validation.case.registry import Adapter, built

SECTION = """## Cases of your own

`backstop validate --cases FILE` puts a file of cases to the functions that a run calls and sets each published output
beside ours. The file is JSON, topic by topic; inputs and outputs stand side by side in a case, and the topic knows
which are which:

```json
{
  "sybil_split": {
    "source": "my own count",
    "tolerance": 1e-9,
    "cases": [
      {"id": "queue", "ranking": "absolute size", "sizes": [70, 20, 50], "to_close": 80, "closed_of_account_0": 70},
      {"id": "alike", "ranking": "pro rata to size", "sizes": [70, 20, 50], "to_close": 70, "closed_of_account_0": 35}
    ]
  }
}
```

- *agree*, *differ*: numbers, alone, in lists or in objects, are compared within `tolerance`, in the unit of the output;
  a case may have one of its own. Numbers are taken to be printed to twelve digits, so half a unit of the twelfth is
  allowed on top. Where no tolerance is stated, it is half a unit of the last digit printed. Texts, `true`, `false` and
  `null` must be equal.
- *not run*: a topic that is not built yet, a key that the topic does not know, an output of which an input is missing;
  the line says which.
- What a topic says next to its cases holds for all of them. `id`, `system`, `source`, `basis` and `note` are prose. A
  topic without `cases` has them in its other lists of objects, or is one case itself.

Exit codes: 0 nothing differs, 1 an output differs, 2 the file cannot be used; every problem is then a line with its
topic and case. `--json` gives every row: topic, case, output, published, ours, difference, what it may be, the
tolerance stated, verdict, why.

A topic is added by a function under `@topic` in one of the files of `experiments/validation/case/`: it renames inputs,
converts units and calls what a run calls, and has no formula of its own.

Topics that are built, with what they take (what may be left out in brackets) and give:

"""


def case_section() -> str:
    """Return the section as Markdown, with a row for every rule of every topic."""
    rows = [line(name, one) for name, adapters in built().items() for one in adapters]
    return SECTION + "\n".join(["| topic | takes | gives |", "| --- | --- | --- |", *rows]) + "\n"


def line(name: str, adapter: Adapter) -> str:
    """Return a rule as a row of the table."""
    takes = [*(f"`{key}`" for key in adapter.takes), *(f"[`{key}`]" for key in adapter.may)]
    return f"| `{name}` | {', '.join(takes)} | {', '.join(f'`{key}`' for key in adapter.gives)} |"
