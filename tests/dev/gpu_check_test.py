"""tools/dev/gpu_check.sh says in one sentence what is missing, with its own exit code, before it starts anything.

It runs in a made tree with a PATH of made programs, so that this holds on a machine with a GPU too.
"""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).parents[2] / "tools/dev/gpu_check.sh"
BASH = shutil.which("bash")


class GpuCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.programs = self.root / "programs"
        for made in ("tools/dev", "programs"):
            (self.root / made).mkdir(parents=True)
        shutil.copy(SCRIPT, self.root / "tools/dev")
        self.add_program("grep", f'exec {shutil.which("grep")} "$@"')

    def add_program(self, name: str, body: str):
        (self.programs / name).write_text(f"#!{BASH}\n{body}\n")
        (self.programs / name).chmod(0o755)

    def unpack(self):
        (self.root / ".gpu/usr/include").mkdir(parents=True)

    def check_refusal(self, words: list[str], code: int, *sentence: str):
        done = subprocess.run([BASH, self.root / "tools/dev/gpu_check.sh", *words], env={"PATH": str(self.programs)},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"^gpu check: [^\n]+\n$")
        for words_of_sentence in sentence:
            self.assertIn(words_of_sentence, done.stderr)
        self.assertFalse((self.root / "build").exists())

    def test_is_a_script_that_bash_can_read(self):
        subprocess.run([BASH, "-n", SCRIPT], check=True)

    def test_the_unpacked_packages_are_missing(self):
        for words in ([], ["check"], ["build", "test"], ["test", "bench"]):
            self.check_refusal(words, 66, ".gpu is missing", "gpu_check.sh pack")

    def test_there_is_no_driver(self):
        self.unpack()
        for words in (["test"], ["bench"], ["test", "bench"]):
            self.check_refusal(words, 69, "nvidia-smi was not found", "only `build` runs without")

    def test_programs_that_were_brought_along_are_not_built_anew(self):
        self.unpack()
        (self.root / ".gpu/programs.tar.gz").touch()
        self.check_refusal([], 69, "nvidia-smi was not found")

    def test_the_driver_has_no_gpu(self):
        self.unpack()
        self.add_program("nvidia-smi", "echo 'No devices were found'")
        self.check_refusal(["test"], 69, "nvidia-smi lists no GPU")

    def test_a_build_needs_its_tools_and_no_packages(self):
        self.check_refusal(["build"], 69, "cmake was not found")
        self.add_program("cmake", "exit 0")
        self.check_refusal(["build"], 69, "ninja was not found")

    def test_unknown_words_are_named(self):
        self.check_refusal(["tests"], 2, "unknown word 'tests'", "pack, pack-programs, check, build, test or bench")
        for word in ("pack", "pack-programs"):
            self.check_refusal(["build", word], 2, f"`{word}` stands alone")

    def test_packing_needs_packages_and_the_program_that_draws_images(self):
        self.check_refusal(["pack"], 69, "apt-get was not found", "Debian or Ubuntu")
        for name in ("apt-get", "dpkg"):
            self.add_program(name, "exit 1")
        self.check_refusal(["pack"], 66, "build/release/mirrortune is missing", "tools/build.sh")

    def test_packing_programs_needs_those_built_for_a_gpu(self):
        self.check_refusal(["pack-programs"], 66, "build/cuda/mirrortune is missing", "LIBTORCH_ROOT", "gpu_check.sh build")


if __name__ == "__main__":
    unittest.main()
