"""tools/dev/check_layers finds each kind of violation in a made tree, and none in an allowed one."""

import pathlib
import subprocess
import sys
import tempfile

CHECK = pathlib.Path(__file__).parents[2] / "tools/dev/check_layers"


def check(folder: str, line: str, name: str = "a.cpp") -> str:
    with tempfile.TemporaryDirectory() as root:
        place = pathlib.Path(root) / folder
        place.mkdir(parents=True)
        (place / "README.md").write_text("# made\n")
        (place / name).write_text(line + "\n")
        return subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True).stdout


FORBIDDEN = [
    ("src/potential", '#include "base/error.h"', "potential may not include"),
    ("src/analysis", '#include "optim/mirror_descent.h"', "analysis may not include"),
    ("src/config", '#include "train/trial.h"', "config may not include"),
    ("src/weights", "#include <torch/torch.h>", "may stand only in"),
    ("src/train", "#include <opencv2/core.hpp>", "may stand only in"),
    ("src/cli", "#include <curl/curl.h>", "may stand only in fetch"),
    ("src/fetch", '#include "config/load.h"', "fetch may not include"),
    ("src/train", '#include "weights/detail/zip.h"', "is private to weights"),
    ("src/base", '#include "error.h"', "must be named with its folder"),
]
ALLOWED = [
    ("src/train", '#include "base/error.h"'),
    ("src/config", '#include "train/options.h"'),
    ("models", "#include <torch/torch.h>"),
]

for folder, line, words in FORBIDDEN:
    output = check(folder, line)
    assert words in output, (folder, line, output)
assert "fmt" in check("src/base", "#include <fmt/format.h>", "a.h")
for folder, line in ALLOWED:
    assert "every include is allowed" in check(folder, line), (folder, line)
print("ok")
