"""Writes test/witness/metrics.json: random scores and labels, with ROC curves and areas of scikit-learn, calibration errors
after Guo et al. 2017 in NumPy, and intervals of the area after Newcombe 2006 (method 5) with SciPy's root finder.
Prints how often that interval contains the true area of two normal distributions (should be about 0.95).

Run in the root of the repository: python3 scripts/witness/metrics.py"""

import json

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

Z = norm.ppf(0.975)


def area_interval(area, positives, negatives):
    """Bounds b with |area - b| = Z * sqrt(Hanley & McNeil's variance at b, for (m + n) / 2 images of each class)."""
    extra = (positives + negatives) / 2 - 1

    def gap(bound):
        variance = bound * (1 - bound) / (positives * negatives)
        variance *= 1 + extra * (1 - bound) / (2 - bound) + extra * bound / (1 + bound)
        return (area - bound) ** 2 - Z**2 * variance

    tiny = 1e-12
    low = brentq(gap, tiny, area - tiny, xtol=1e-14) if area > tiny and gap(tiny) > 0 else 0.0
    high = brentq(gap, area + tiny, 1 - tiny, xtol=1e-14) if area < 1 - tiny and gap(1 - tiny) > 0 else 1.0
    return [low, high]


def calibration_error(confidences, correct, bins=15):
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidences > low) & (confidences <= high)
        if inside.any():
            error += inside.mean() * abs(correct[inside].mean() - confidences[inside].mean())
    return error


def case(seed, count, decimals):
    """Scores rounded to so many decimals, so that some are equal."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    scores = np.round(1 / (1 + np.exp(-random.normal(1.2 * labels - 0.6, 1))), decimals)
    false_positive, true_positive, _ = roc_curve(labels, scores, drop_intermediate=False)
    area = roc_auc_score(labels, scores)
    confidences = np.maximum(scores, 1 - scores)
    correct = (scores > 0.5) == (labels == 1)
    positives = int(labels.sum())
    return {
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "curve": list(zip(false_positive.tolist(), true_positive.tolist())),
        "area": area,
        "interval": area_interval(area, positives, count - positives),
        "calibrationError": calibration_error(confidences, correct),
    }


def coverage(positives, negatives, distance, trials=4000):
    random = np.random.default_rng(0)
    true_area = norm.cdf(distance / np.sqrt(2))
    hits = 0
    for _ in range(trials):
        ahead = random.normal(distance, 1, positives)[:, None] - random.normal(0, 1, negatives)[None, :]
        low, high = area_interval((ahead > 0).mean(), positives, negatives)
        hits += low <= true_area <= high
    return hits / trials


if __name__ == "__main__":
    cases = [case(1, 20, 1), case(2, 60, 2), case(3, 200, 3)]
    perfect = [[1.0, m, n, *area_interval(1.0, m, n)] for m, n in [(5, 5), (100, 300)]]
    with open("test/witness/metrics.json", "w") as file:
        json.dump({"cases": cases, "perfect": perfect}, file, separators=(",", ":"))
        file.write("\n")
    for shape in [(10, 10, 1.0), (20, 60, 2.0), (50, 150, 3.0)]:
        print(shape, "covers", coverage(*shape))
