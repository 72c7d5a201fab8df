"""Writes test/witness/samples.json: quantiles of Student's t, and for small samples the mean's interval, Student's t test and
the sign test, by SciPy.

Run in the root of the repository: python3 scripts/witness/samples.py"""

import json

import numpy as np
from scipy import stats

SAMPLES = [
    [0.91, 0.82, 0.94, 0.95, 0.915],
    [0.05, -0.01, 0.0, 0.065, 0.03, 0.02, 0.0, 0.045, 0.01, 0.07],
    [-0.3, -0.2],
    [1.0, -1.0, 2.0],
]


def statistics(values):
    mean, error = np.mean(values), stats.sem(values)
    positive, negative = sum(v > 0 for v in values), sum(v < 0 for v in values)
    return {
        "values": values,
        "std": float(np.std(values, ddof=1)),
        "interval": [float(b) for b in stats.t.interval(0.95, len(values) - 1, mean, error)],
        "student": float(stats.ttest_1samp(values, 0).pvalue),
        "sign": float(stats.binomtest(positive, positive + negative).pvalue),
    }


quantiles = [
    {"share": share, "freedom": freedom, "t": float(stats.t.ppf((1 + share) / 2, freedom))}
    for share in (0.5, 0.95, 0.999)
    for freedom in (1, 2, 3, 4, 9, 10, 99)
]
with open("test/witness/samples.json", "w") as file:
    json.dump({"quantiles": quantiles, "samples": [statistics(values) for values in SAMPLES]}, file, indent=1)
    file.write("\n")
