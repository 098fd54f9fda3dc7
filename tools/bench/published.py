"""The published procedure in plain PyTorch: what mirrortune is compared with.

ShuffleNetV2 (Ma et al., ECCV 2018) under torchvision's names, ResNet-18 and an Elman network, the published mirror-descent optimiser as the authors'
scripts compose it (one pass of tensor operations per step and parameter), and one finetuning.
"""

import math
import time

import numpy
import torch
from torch import nn

MEAN = torch.tensor([0.485, 0.456, 0.406]).mul(255).view(1, 3, 1, 1)
SD = torch.tensor([0.229, 0.224, 0.225]).mul(255).view(1, 3, 1, 1)


def conv_norm(inputs, outputs, kernel, stride=1, groups=1, relu=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return layers + ([nn.ReLU(inplace=True)] if relu else [])


def shuffle(x, groups=2):
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


class Unit(nn.Module):
    """One unit of ShuffleNetV2; with stride 2 both halves are computed from the whole input."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        half = outputs // 2
        self.stride = stride
        self.branch1 = nn.Sequential() if stride == 1 else nn.Sequential(
            *conv_norm(inputs, inputs, 3, stride, inputs, relu=False), *conv_norm(inputs, half, 1))
        self.branch2 = nn.Sequential(*conv_norm(inputs if stride > 1 else half, half, 1),
                                     *conv_norm(half, half, 3, stride, half, relu=False), *conv_norm(half, half, 1))

    def forward(self, x):
        if self.stride == 1:
            kept, changed = x.chunk(2, dim=1)
            return shuffle(torch.cat((kept, self.branch2(changed)), dim=1))
        return shuffle(torch.cat((self.branch1(x), self.branch2(x)), dim=1))


class ShuffleNetV2(nn.Module):
    def __init__(self, classes, channels=(24, 48, 96, 192, 1024)):
        super().__init__()
        first, *stages, last = channels
        self.conv1 = nn.Sequential(*conv_norm(3, first, 3, 2))
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = first
        for name, repeats, outputs in zip(("stage2", "stage3", "stage4"), (4, 8, 4), stages):
            units = [Unit(inputs, outputs, 2)] + [Unit(outputs, outputs, 1) for _ in range(repeats - 1)]
            setattr(self, name, nn.Sequential(*units))
            inputs = outputs
        self.conv5 = nn.Sequential(*conv_norm(inputs, last, 1))
        self.fc = nn.Linear(last, classes)

    def forward(self, x):
        x = self.maxpool(self.conv1(x))
        x = self.conv5(self.stage4(self.stage3(self.stage2(x))))
        return self.fc(x.mean([2, 3]))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al., CVPR 2016)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.convolutions = nn.Sequential(*conv_norm(inputs, outputs, 3, stride), *conv_norm(outputs, outputs, 3, relu=False))
        changes_shape = stride != 1 or inputs != outputs
        self.shortcut = nn.Sequential(*(conv_norm(inputs, outputs, 1, stride, relu=False) if changes_shape else []))

    def forward(self, x):
        return nn.functional.relu(self.convolutions(x) + self.shortcut(x), inplace=True)


class ResNet18(nn.Module):
    def __init__(self, classes):
        super().__init__()
        blocks, inputs = [], 64
        for outputs in (64, 128, 256, 512):
            blocks += [BasicBlock(inputs, outputs, 1 if outputs == 64 else 2), BasicBlock(outputs, outputs, 1)]
            inputs = outputs
        self.features = nn.Sequential(*conv_norm(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1), *blocks)
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        return self.fc(self.features(x).mean([2, 3]))


class ElmanRNN(nn.Module):
    """Rows of a digit, one per time step, and a linear read-out of the last state."""

    def __init__(self, classes, hidden=1000):
        super().__init__()
        self.rnn = nn.RNN(28, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, rows):
        return self.fc(self.rnn(rows)[0][:, -1])


def raise_size(x, power):
    size = x.abs() ** power
    x.sign_().mul_(size)


class PublishedMirrorDescent(torch.optim.Optimizer):
    """Momentum as torch.optim.SGD has it, then to the dual, one step, and back. The 2-norm too: the authors' shortcut for it asks
    for a potential named "p-norm", and theirs are named "2.0-norm"."""

    def __init__(self, params, lr, potential, momentum=0.9):
        self.power = None if potential == "negative_entropy" else float(potential.removesuffix("-norm")) - 1
        super().__init__(params, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if "velocity" not in state:
                    state["velocity"] = p.grad.clone()
                else:
                    state["velocity"].mul_(group["momentum"]).add_(p.grad)
                self.update(p, state["velocity"], group["lr"])

    def update(self, p, velocity, lr):
        if self.power is None:
            p.mul_(torch.exp(-lr * torch.sign(p) * velocity))
        else:
            raise_size(p, self.power)
            p.add_(velocity, alpha=-lr)
            raise_size(p, 1 / self.power)


def phi_prime(weights: torch.Tensor, potential: str) -> torch.Tensor:
    if potential == "negative_entropy":
        return torch.sign(weights) * (weights.abs().log() + 1)
    return torch.sign(weights) * weights.abs() ** (float(potential.removesuffix("-norm")) - 1)


def delta_cdf(before: torch.Tensor, after: torch.Tensor, potential: str) -> float:
    """As published: on 1000 points of [-5, 5], the changes scaled by their standard deviation and not centred. Weights that
    are 0 before or after are left out where the dual of 0 is infinite."""
    change = phi_prime(after.double(), potential) - phi_prime(before.double(), potential)
    change = change[change.isfinite()]
    points = torch.linspace(-5, 5, 1000, dtype=torch.float64)
    below = torch.searchsorted((change / change.std()).sort().values, points) / len(change)
    return float((below - torch.special.ndtr(points)).abs().sum() * 10 / 999)


def analysed_weights(network: nn.Module) -> torch.Tensor:
    """All weights of convolutions, one after another; the head, the only linear layer, is left out."""
    return torch.cat([m.weight.detach().reshape(-1) for m in network.modules() if isinstance(m, nn.Conv2d)])


def finetune(images: numpy.ndarray, labels: numpy.ndarray, state: dict, potential: str, lr: float, threads: int,
             epochs: int = 30, batch: int = 256) -> dict:
    """Finetunes on uint8 images [N,3,R,R], channels_last, float32; seconds of the training loop, the accuracy after it and
    the analysed weights before and after."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = ShuffleNetV2(state["fc.bias"].numel())
    network.load_state_dict(state)
    network = network.to(memory_format=torch.channels_last).train()
    before = analysed_weights(network).clone()
    optimizer = PublishedMirrorDescent(network.parameters(), lr, potential)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    start = time.perf_counter()
    for epoch in range(epochs):
        for group in optimizer.param_groups:
            group["lr"] = lr * (1 + math.cos(math.pi * epoch / epochs)) / 2
        for which in torch.randperm(len(x)).split(batch):
            inputs = ((x[which] - MEAN) / SD).contiguous(memory_format=torch.channels_last)
            loss = nn.functional.cross_entropy(network(inputs), y[which])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    seconds = time.perf_counter() - start
    network.eval()
    with torch.no_grad():
        correct = sum((network((x[which] - MEAN) / SD).argmax(1) == y[which]).sum().item()
                      for which in torch.arange(len(x)).split(batch))
    return {"seconds": seconds, "train_accuracy": correct / len(x), "final_loss": loss.item(), "before": before,
            "after": analysed_weights(network)}
