"""A worker that writes down what it is told: `python -m tests.scheduler.listening <server>`.

`HEARD` names the file. Told `end`, it dies with status 3.
"""

import os
import sys
from pathlib import Path


def main() -> None:
    """Listen until the input ends."""
    with Path(os.environ["HEARD"]).open("a", buffering=1) as heard:
        heard.write(f"begun by {sys.argv[1]}\n")
        for line in sys.stdin:
            heard.write(line)
            if line.startswith("end "):
                os._exit(3)
        heard.write("over\n")


if __name__ == "__main__":
    main()
