"""Writes test/witness/schedules.json: learning rates of PyTorch's schedulers, one step of the scheduler per training step.

    /usr/bin/python3 scripts/witness/schedules.py

Made with PyTorch 1.13. A run has 60 steps, 10 to an epoch, and a learning rate of 0.4. `plateau` steps after each of
its validation losses instead. An entry's key is the schedule as src/optim/schedule-settings.ts reads it, then its warm-up.
"""

import json
import pathlib

import torch
from torch.optim import lr_scheduler

STEPS, RATE = 60, 0.4
LOSSES = [2.0, 1.5, 1.49995, 1.6, 1.7, 1.2, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.25, 1.3, 1.1, 1.4, 1.2, 1.2, 1.2, 1.2]


def rates(make, warmup=0):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE, momentum=0.9)
    scheduler = make(optimizer)
    if warmup:
        rising = lr_scheduler.LinearLR(optimizer, 1 / warmup, total_iters=warmup - 1)
        scheduler = lr_scheduler.SequentialLR(optimizer, [rising, scheduler], [warmup])
    values = []
    for _ in range(STEPS):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


def plateau(**settings):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
    values = []
    for loss in LOSSES:
        scheduler.step(loss)
        values.append(optimizer.param_groups[0]["lr"])
    return values


def one_cycle(optimizer, steps=STEPS, **settings):
    return lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, cycle_momentum=False, **settings)


CASES = {
    "step,every=15steps,factor=0.5": rates(lambda o: lr_scheduler.StepLR(o, 15, 0.5)),
    "step,every=1.5epochs": rates(lambda o: lr_scheduler.StepLR(o, 15, 0.1)),
    "multistep,at=2epochs+45steps,factor=0.2": rates(lambda o: lr_scheduler.MultiStepLR(o, [20, 45], 0.2)),
    "cosine": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)),
    "cosine,end=0.01": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, 0.01)),
    "one-cycle": rates(one_cycle),
    "one-cycle,rise=0.4,startDivisor=10,endDivisor=100": rates(
        lambda o: one_cycle(o, pct_start=0.4, div_factor=10, final_div_factor=100)
    ),
    "constant 5steps": rates(lambda o: lr_scheduler.ConstantLR(o, 1.0), 5),
    "cosine 1epoch": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS - 10), 10),
    "multistep,at=2epochs 0.5epochs": rates(lambda o: lr_scheduler.MultiStepLR(o, [20], 0.1), 5),
}
PLATEAUS = {
    "plateau,patience=2": plateau(patience=2),
    "plateau,patience=0,factor=0.5,end=0.03": plateau(patience=0, factor=0.5, min_lr=0.03),
    "plateau,patience=1,factor=0.5,cooldown=3,threshold=0.1": plateau(
        patience=1, factor=0.5, cooldown=3, threshold=0.1
    ),
}

if __name__ == "__main__":
    path = pathlib.Path(__file__).parents[2] / "test/witness/schedules.json"
    witness = {
        "torch": torch.__version__,
        "steps": STEPS,
        "stepsPerEpoch": 10,
        "learningRate": RATE,
        "rates": CASES,
        "losses": LOSSES,
        "plateaus": PLATEAUS,
    }
    path.write_text(json.dumps(witness) + "\n")
