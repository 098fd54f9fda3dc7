#!/usr/bin/env python3
"""Runs every cell of a notebook in order, in one namespace, with figures that are drawn and not shown: NOTEBOOK [PICTURES].

The pictures, if a folder for them is named, are numbered in the order in which they are drawn.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # after the choice of a backend


def show(pictures: pathlib.Path | None, drawn: list) -> None:
    figure = pyplot.gcf()
    figure.canvas.draw()
    if pictures:
        figure.savefig(pictures / f"{len(drawn):02d}.png", dpi=110)
    drawn.append(figure)
    pyplot.close(figure)


def main() -> None:
    notebook = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    pictures = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    namespace, drawn = {"__name__": "__main__"}, []
    pyplot.show = lambda: show(pictures, drawn)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
    print(f"{len(drawn)} figures")


if __name__ == "__main__":
    main()
