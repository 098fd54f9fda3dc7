#!/usr/bin/env python3
"""The library as a stranger meets it: installed by `cmake --install`, found by find_package, used as the READMEs say.

  package_test.py SOURCE_FOLDER BUILD_FOLDER
"""

import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "dev"))
from console_blocks import blocks, cases, matches  # noqa: E402

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(stranger CXX)
find_package(mirrortune 0.1 REQUIRED{components})
add_executable(stranger main.cpp)
target_link_libraries(stranger PRIVATE mirrortune::{target})
"""


def cpp_block(readme: pathlib.Path) -> str:
    """The first C++ code of a README."""
    return re.search(r"```cpp\n(.*?)```", readme.read_text(), re.DOTALL).group(1)


def run(*command) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def output_of(folder: pathlib.Path, prefix: pathlib.Path, target: str, components: str, code: str) -> str:
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(PROJECT.format(target=target, components=components))
    (folder / "main.cpp").write_text(code)
    run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", folder / "build")
    return run(folder / "build" / "stranger")


def main() -> int:
    source, build = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        prefix = scratch / "installed"
        run("cmake", "--install", build, "--prefix", prefix)
        for file in prefix.rglob("*.cmake"):
            for folder in (source, build):
                if str(folder) in file.read_text():
                    raise SystemExit(f"{file.name} names the folder {folder} of this build")

        trained = output_of(scratch / "trains", prefix, "optim", "", cpp_block(source / "README.md"))
        ((_, shown),) = cases(dict(blocks((source / "README.md").read_text()))["library"])
        if not matches(trained, shown):
            raise SystemExit(f"the README shows {shown} and the program prints\n{trained}")

        # The potentials alone need no LibTorch; the example has no main of its own.
        example = cpp_block(source / "src/potential/README.md")
        body, declaration = example.split("const Potential", 1)
        code = f"""#include <mirrortune/potential/potential.h>
#include <cstdio>
using namespace mirrortune;
{body}
int main() {{
  const Potential{declaration}
  std::printf("%.6f %.6f %s\\n", to_dual(mine, 2.0), second_derivative(mine, 2.0), to_text(mine).c_str());
}}
"""
        printed = output_of(scratch / "potential", prefix, "potential", " COMPONENTS potential", code)
        if printed != "4.666667 5.000000 cubic\n":  # w + w³/3 and 1 + w²
            raise SystemExit(f"the potential of one's own printed {printed!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
