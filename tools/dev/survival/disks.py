"""File systems of our own at the output root, to be filled, broken and cut off; they need the rights to mount."""

import contextlib
import fcntl
import os
import pathlib
import struct
import subprocess
import time

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, uint32)
NO_LOG_FLUSH = 2  # nothing more reaches the disk, not even the journal
TRIES = 50


def call(*command) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.strip()


class Disk:
    """A mounted file system; unmounted at the end of the block."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        root.mkdir(exist_ok=True)

    def __enter__(self):
        self.mount()
        return self

    def __exit__(self, *_):
        self.unmount()

    def mount(self) -> None:
        raise NotImplementedError

    def unmount(self) -> None:
        for _ in range(TRIES):
            done = subprocess.run(["umount", self.root], capture_output=True)
            if done.returncode == 0 or not os.path.ismount(self.root):
                return
            time.sleep(0.1)  # a killed process closes its files a little later
        call("umount", "-l", self.root)


class Memory(Disk):
    """A tmpfs of so many bytes."""

    def __init__(self, root: pathlib.Path, size: int):
        super().__init__(root)
        self.size = size

    def mount(self) -> None:
        call("mount", "-t", "tmpfs", "-o", f"size={self.size}", "none", self.root)

    def resize(self, size: int) -> None:
        call("mount", "-o", f"remount,size={size}", self.root)

    def fill(self) -> None:
        """Nothing more can be written."""
        with (self.root / "filler").open("wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    def drain(self) -> None:
        (self.root / "filler").unlink(missing_ok=True)


class Ext4(Disk):
    """An ext4 in a file; only what the program syncs itself is written before long."""

    def __init__(self, root: pathlib.Path):
        super().__init__(root)
        self.image = root.parent / "disk"
        self.image.unlink(missing_ok=True)
        with self.image.open("wb") as file:
            file.truncate(96 << 20)
        call("mkfs.ext4", "-q", "-F", "-b", 4096, self.image)

    def mount(self) -> None:
        call("mount", "-o", "loop,commit=300,noauto_da_alloc,errors=remount-ro", self.image, self.root)

    def cut_power(self) -> None:
        """Nothing reaches the disk from now on."""
        descriptor = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def make_read_only(self) -> None:
        """As the kernel does when it finds an error; a plain remount waits until no file is open for writing."""
        device = call("findmnt", "-n", "-o", "SOURCE", self.root)
        pathlib.Path(f"/sys/fs/ext4/{pathlib.Path(device).name}/trigger_fs_error").write_text("1")

    def mount_again(self) -> None:
        """As after a restart: the journal is replayed, and a found error repaired."""
        self.unmount()
        checked = subprocess.run(["e2fsck", "-f", "-y", self.image], capture_output=True, text=True)
        if checked.returncode not in (0, 1):
            raise RuntimeError(f"e2fsck: {checked.stdout}{checked.stderr}")
        self.mount()


def memory_left_out(folder: pathlib.Path) -> str:
    try:
        with Memory(folder / "runs", 1 << 20):
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return why(error)


def ext4_left_out(folder: pathlib.Path) -> str:
    try:
        with Ext4(folder / "runs") as disk:
            disk.make_read_only()
            disk.mount_again()
            disk.cut_power()
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return why(error)


def why(error: Exception) -> str:
    said = (getattr(error, "stderr", None) or str(error)).strip()
    return f"no file system can be mounted here (root and loop devices are needed): {said}"
