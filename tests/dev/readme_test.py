"""Every command that a document shows runs, and prints what the document says.

Usage: readme_test.py DOCUMENT BUILD_FOLDER [--name NAME]

Blocks fenced as ```console hold commands after "$ " and the output that they print (stdout and stderr). In expected output
"…" stands for any text within a line, and a line of "…" alone for any number of lines. Blocks fenced as ```console NAME run
only with --name NAME; those fenced otherwise are not touched. Commands run one after another in the
document's folder with the build's programs on PATH.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

FENCE = re.compile(r"^```console *(\S*)\n(.*?)^```", re.M | re.S)


def cases(block: str):
    """(command, expected output) pairs of one block."""
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


def pattern(expected: list[str]) -> re.Pattern:
    parts = []
    for line in expected:
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(r"[^\n]*".join(re.escape(piece) for piece in line.rstrip().split("…")) + r"[ ]*\n")
    return re.compile("".join(parts) + r"\Z")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("document", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--name", default="")
    args = parser.parse_args()
    root = args.document.resolve().parent
    environment = dict(os.environ, PATH=f"{args.build.resolve()}:{os.environ['PATH']}", NO_COLOR="1")
    ran, failed = 0, 0
    for name, block in FENCE.findall(args.document.read_text()):
        if name != args.name:
            continue
        for command, expected in cases(block):
            done = subprocess.run(["bash", "-c", command], cwd=root, env=environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            ran += 1
            output = done.stdout if not done.stdout or done.stdout.endswith("\n") else done.stdout + "\n"
            if done.returncode != 0 or not pattern(expected).match(output):
                failed += 1
                print(f"$ {command}\nexit {done.returncode}; it printed:\n{output}\nthe document shows:\n" + "\n".join(expected))
    print(f"{ran - failed} passed, {failed} failed")
    return 1 if failed or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
