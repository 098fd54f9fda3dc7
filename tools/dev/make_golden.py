"""Writes tests/fixtures/golden/<network>.json for networks of torchvision: the reference values that golden_test.cpp compares with.

Run with an interpreter that has PyTorch and torchvision: python tools/dev/make_golden.py [NETWORK …]
A file that is there keeps its values and gets what it lacks.
The tests read the committed files; tests/fixtures/golden/README.md defines every number.
"""

import json
import math
import pathlib
import sys

import numpy
import torch
import torchvision

SEED = 1
MASK = (1 << 64) - 1
EVAL_RESOLUTIONS = (64,)
TRAIN_RESOLUTION = 64
RELU_NETWORKS = ("shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0", "resnet18", "resnet34",
                 "resnet50", "resnet101")
SMOOTH_NETWORKS = ("efficientnet_b4", "efficientnet_b5", "efficientnet_b6", "efficientnet_b7")


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return h


def made_uniform(name, shape, seed):
    """Draws of splitmix64 keyed by name and seed, uniform in [-1, 1) on 24 bits, float64."""
    count = math.prod(shape)
    with numpy.errstate(over="ignore"):
        x = numpy.uint64(fnv1a(name) ^ seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    x ^= x >> numpy.uint64(31)
    return torch.from_numpy((x >> numpy.uint64(40)).astype(numpy.float64) * 2.0**-23 - 1.0).reshape(shape)


def made_entry(name, tensor):
    if tensor.dim() == 0:
        return torch.zeros_like(tensor)
    u = made_uniform(name, tuple(tensor.shape), SEED)
    if tensor.dim() >= 2:
        return u * math.sqrt(6 * tensor.shape[0] / tensor.numel())
    if name.endswith("running_var"):
        return 1 + 0.1 * u.abs()
    return 1 + 0.1 * u if name.endswith("weight") else 0.1 * u


def made_network(name):
    network = torchvision.models.get_model(name)
    with torch.no_grad():
        for entry, tensor in network.state_dict().items():
            tensor.copy_(made_entry(entry, tensor))
    return network


def made_images(count, resolution, seed):
    return made_uniform("input", (count, 3, resolution, resolution), seed).float()


def evaluated(network):
    values = {}
    network.eval()
    for resolution in EVAL_RESOLUTIONS:
        with torch.no_grad():
            logits = network(made_images(2, resolution, SEED + resolution))
        values[str(resolution)] = {"logits_first8": logits[:, :8].tolist(), "logits_norm": logits.double().norm(dim=1).tolist(),
                                   "argmax": logits.argmax(1).tolist()}
    return values


def trained(network, dtype=torch.float32):
    """One batch in train mode; dropout and stochastic depth off."""
    network.to(dtype).train()
    for module in network.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.eval()
    loss = torch.nn.functional.cross_entropy(network(made_images(4, TRAIN_RESOLUTION, SEED + 7).to(dtype)), torch.arange(4))
    loss.backward()
    return {"resolution": TRAIN_RESOLUTION, "loss": loss.item(),
            "grad_norms": {name: p.grad.double().norm().item() for name, p in network.named_parameters()}}


def golden(name):
    torch.manual_seed(0)
    network = made_network(name)
    state = [[entry, list(t.shape), str(t.dtype).removeprefix("torch.")] for entry, t in network.state_dict().items()]
    layers = [[layer, list(m.weight.shape)] for layer, m in network.named_modules()
              if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    weights = sum(math.prod(shape) for _, shape in layers)
    return {"arch": name, "seed": SEED, "parameters": sum(p.numel() for p in network.parameters()), "weights_conv_linear": weights,
            "images_sqrt": math.isqrt(weights), "state": state, "conv_linear": layers, "eval": evaluated(network),
            "train": trained(made_network(name))}


def main():
    folder = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "golden"
    for name in sys.argv[1:] or RELU_NETWORKS + SMOOTH_NETWORKS:
        path = folder / f"{name}.json"
        document = json.loads(path.read_text()) if path.exists() else golden(name)
        if name in RELU_NETWORKS and "train_float64" not in document:
            document["train_float64"] = trained(made_network(name), torch.float64)
        path.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
