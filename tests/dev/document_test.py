"""Every command that a document shows runs, and prints what the document says.

Usage: document_test.py DOCUMENT BUILD_FOLDER

Commands run one after another in the project's root with the build's programs in place; see console_blocks.py.
"""

import os
import pathlib
import subprocess
import sys

from console_blocks import blocks, cases, matches

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    document, build = map(pathlib.Path, sys.argv[1:])
    environment = dict(os.environ, PATH=f"{build.resolve()}:{os.environ['PATH']}", NO_COLOR="1")
    ran = failed = 0
    for name, block in blocks(document.read_text(encoding="utf-8")):
        if name:
            continue
        for command, expected in cases(block):
            done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            ran += 1
            if done.returncode != 0 or not matches(done.stdout, expected):
                failed += 1
                print(f"$ {command}\nexit {done.returncode}; it printed:\n{done.stdout}\nthe document shows:\n"
                      + "\n".join(expected))
    print(f"{ran - failed} passed, {failed} failed")
    return 1 if failed or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
