"""The commands that a document shows, and what it says that they print.

Blocks fenced as ```console hold commands after "$ " and the output that they print (stdout and stderr). In expected output
"…" stands for any text within a line, and a line of "…" alone for any number of lines. A block fenced as ```console NAME is
left to a test of its own.
"""

import re

FENCE = re.compile(r"^```console *(\S*)\n(.*?)^```", re.M | re.S)


def blocks(document: str):
    """(name, text) of every console block."""
    return FENCE.findall(document)


def cases(block: str):
    """(command, expected output as lines) pairs of one block."""
    command, expected = None, []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, expected
            command, expected = line[2:], []
        elif command is not None and command.endswith("\\"):
            command = command[:-1] + line.strip()
        else:
            expected.append(line)
    if command is not None:
        yield command, expected


def matches(output: str, expected: list[str]) -> bool:
    parts = []
    for line in expected:
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(r"[^\n]*".join(re.escape(piece) for piece in line.rstrip().split("…")) + r"[ ]*\n")
    if output and not output.endswith("\n"):
        output += "\n"
    return re.fullmatch("".join(parts), output) is not None
