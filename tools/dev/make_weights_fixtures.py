"""Writes tests/fixtures/weights: tiny weights files as PyTorch itself saves them, and expected.json with what they hold.

Run with an interpreter that has PyTorch, numpy and safetensors: python tools/dev/make_weights_fixtures.py [OUTPUT_FOLDER]
The tests read the committed files; this script is needed only to make them anew. A legacy file differs from run to run in
the names of its storages, which are addresses.
"""

import argparse
import collections
import datetime
import hashlib
import io
import json
import math
import os
import pathlib
import sys
import tarfile
import zipfile
from collections import OrderedDict

import numpy
import torch
from safetensors.torch import save_file

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
          torch.int8, torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool]


def all_dtypes():
    """Every type with ordinary and extreme values, a scalar and an empty tensor each."""
    state = OrderedDict()
    for dtype in DTYPES:
        name = str(dtype).removeprefix("torch.")
        if dtype.is_floating_point:
            info = torch.finfo(dtype)
            values = [0.0, -0.0, 1.0, -1.5, info.max, info.min, info.tiny, info.smallest_normal / 4, math.inf, -math.inf,
                      math.nan, 0.1]
        elif dtype == torch.bool:
            values = [True, False, True]
        else:
            info = torch.iinfo(dtype)
            values = [0, 1, info.max, info.min, 7]
        state[f"{name}.values"] = torch.tensor(values, dtype=dtype)
        state[f"{name}.scalar"] = torch.tensor(1, dtype=dtype)
        state[f"{name}.empty"] = torch.empty((3, 0, 2), dtype=dtype)
    return state


def views():
    """Tensors that do not fill their storage in row-major order, and several in one storage."""
    base = torch.arange(60, dtype=torch.float32)
    image = torch.arange(2 * 3 * 4 * 5, dtype=torch.int16).reshape(2, 3, 4, 5)
    return OrderedDict(
        base=base,
        transposed=base.reshape(6, 10).t(),
        permuted=base.reshape(3, 4, 5).permute(2, 0, 1),
        narrowed=base.reshape(6, 10)[1:5, 3:7],
        every_third=base[1::3],
        column=base.reshape(6, 10)[:, 4],
        last=base[59],
        nothing=base[60:],
        expanded=torch.tensor([[1.5], [2.5]], dtype=torch.float64).expand(2, 3),
        overlapping=base.as_strided((4, 4), (1, 1), 5),
        channels_last=image.contiguous(memory_format=torch.channels_last),
        shared_tail=base[50:],
    )


def network():
    """A module's own state dict, with _metadata and num_batches_tracked."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Flatten(),
                                 torch.nn.Linear(12, 2))
    return module


def checkpoint():
    """What a training script saves: weights under state_dict with DataParallel's prefix, and other things beside them."""
    module = network()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    module(torch.randn(2, 2, 4, 4)).sum().backward()
    optimizer.step()
    state = OrderedDict((f"module.{name}", value) for name, value in module.state_dict().items())
    return {"epoch": 7, "arch": "resnet50", "best": 0.25, "big": 1 << 80, "negative": -70000, "flags": [True, None, (1, 2)],
            "size": torch.Size([2, 3]), "state_dict": state, "optimizer": optimizer.state_dict()}


def training():
    """The same weights under "model" as a longer script saves them: beside its options, records and states of every kind."""
    module = network()
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    loss = module(torch.ones(2, 2, 4, 4)).sum()
    loss.backward()
    optimizer.step()
    scheduler.step()
    options = argparse.Namespace(arch="resnet50", lr=0.1, milestones=[3, 5], output=pathlib.PurePosixPath("runs/1"),
                                 seed=numpy.int64(7), device=torch.device("cpu"), dtype=torch.float32)
    return {"epoch": 3, "args": options, "best_acc1": numpy.float64(76.13), "model": module.state_dict(),
            "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "loss": loss.detach(),
            "history": {"losses": numpy.array([2.5, 1.5]), "counts": collections.Counter("abba")},
            "rng": torch.arange(8, dtype=torch.uint8), "spectrum": torch.ones(2, dtype=torch.complex64),
            "seen": {1, 2}, "when": datetime.datetime(2024, 2, 29, 12), "raw": b"\x00\xff"}


def attributes():
    """Tensors that carry attributes, which PyTorch saves by other functions."""
    tensor = torch.arange(3, dtype=torch.float32)
    tensor.partition = "rows"
    parameter = torch.nn.Parameter(torch.ones(2, 2))
    parameter.partition = "columns"
    return OrderedDict(tensor=tensor, parameter=parameter)


def describe(state):
    """Names, types, shapes, values and hashes of the contiguous bytes of a state dict."""
    tensors = []
    for name, tensor in state.items():
        flat = tensor.detach().contiguous()
        raw = flat.reshape(-1).view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        values = [v if not isinstance(v, float) or math.isfinite(v) else str(v)
                  for v in flat.reshape(-1).to(torch.float64).tolist()]
        tensors.append({"name": name, "dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape),
                        "sha256": hashlib.sha256(raw).hexdigest(), "values": values})
    return tensors


class Foreign:
    """Pickles as a call of os.system: must be refused and never run."""

    def __reduce__(self):
        return os.system, ("touch /tmp/mirrortune_was_here",)


def repack(source, target, compression=zipfile.ZIP_STORED, replace=None, drop=()):
    """The same records packed by Python's zipfile: plain zip, no zip64, no data descriptors."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for name in old.namelist():
            short = name.split("/", 1)[1]
            if short in drop:
                continue
            data = (replace or {}).get(short, old.read(name))
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compress_type=compression)


def write_readable(folder):
    """The files that must be read, and expected.json: the state dicts, and which file holds which of them."""
    weights = checkpoint()
    inner = OrderedDict((name.removeprefix("module."), value) for name, value in weights["state_dict"].items())
    saved = {"dtypes": all_dtypes(), "views": views(), "network": network().state_dict(),
             "parameters": dict(network().named_parameters()), "checkpoint": weights, "training": training(),
             "attributes": attributes()}
    state_dicts = {**saved, "checkpoint": inner, "training": saved["training"]["model"]}
    files = {}

    def save(name, state, file_format="zip .pth", **options):
        torch.save(saved[state], folder / name, **options)
        files[name] = {"format": file_format, "state": state}

    for state in saved:
        save(f"{state}.pth", state)
        save(f"{state}.legacy.pth", state, "legacy .pth", _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        weights["seen"] = {1, 2} if protocol >= 4 else None  # protocol 3 would name builtins.set
        save(f"protocol{protocol}.pth", "checkpoint", pickle_protocol=protocol)
    repack(folder / "views.pth", folder / "repacked.pth")
    files["repacked.pth"] = files["views.pth"]

    for state in ("dtypes", "views"):
        contiguous = {name: tensor.contiguous().clone() for name, tensor in saved[state].items()}
        save_file(contiguous, folder / f"{state}.safetensors", metadata={"format": "pt", "note": "größe\n"})
        files[f"{state}.safetensors"] = {"format": "safetensors", "state": state}

    states = {name: describe(state) for name, state in state_dicts.items()}
    lines = [f'"{name}": [\n' + ",\n".join(json.dumps(tensor) for tensor in tensors) + "\n]"
             for name, tensors in states.items()]
    (folder / "expected.json").write_text(
        f'{{"files": {json.dumps(files)},\n"states": {{\n' + ",\n".join(lines) + "\n}}\n")


def write_refused(folder):
    """The files that must be refused."""
    source = folder / "network.pth"
    repack(source, folder / "deflated.pth", zipfile.ZIP_DEFLATED)
    repack(source, folder / "big_endian.pth", replace={"byteorder": b"big"})
    repack(source, folder / "record_missing.pth", drop=("data/1",))
    repack(source, folder / "record_short.pth", replace={"data/1": b"\0" * 8})
    torch.save({"w": torch.ones(2), "evil": Foreign()}, folder / "foreign.pth")
    torch.save(network(), folder / "whole_module.pth")
    torch.save({"w": torch.ones(2, dtype=torch.complex64)}, folder / "complex.pth")
    torch.save({"w": torch.ones(2).to(torch.float8_e4m3fn)}, folder / "float8.pth")
    save_file({"w": torch.ones(2).to(torch.float8_e4m3fn)}, folder / "float8.safetensors")
    torch.save({"mine": {"w": torch.ones(2)}, "epoch": 3}, folder / "other_key.pth")
    torch.save({"model": {"w": torch.ones(2)}, "ema": {"w": torch.ones(2)}, "epoch": 3}, folder / "two_models.pth")
    torch.save({"state_dict": argparse.Namespace(w=torch.ones(2))}, folder / "behind_an_object.pth")
    torch.save({"w": torch.ones(2), "v": numpy.ones(2)}, folder / "array_entry.pth")
    torch.save(torch.ones(3), folder / "only_a_tensor.pth")
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), folder / "torchscript.pt")
    with tarfile.open(folder / "tar.pth", "w", format=tarfile.GNU_FORMAT) as archive:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())


def main():
    default = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "weights"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    write_readable(folder)
    write_refused(folder)


if __name__ == "__main__":
    main()
