"""Reference values for src/shift: the Fréchet distance of two sets of features by SciPy's matrix square root, and the number of
images that a cross-validated logistic regression (SciPy's minimizer) classifies correctly.

    python3 scripts/witness/shift.py

Writes test/witness/shift.json; needs numpy and scipy.
"""

import json
from pathlib import Path

import numpy as np
from scipy.linalg import sqrtm
from scipy.optimize import minimize
from scipy.stats import binom

FOLDS = 5


def frechet(a, b):
    c1, c2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = sqrtm(c1 @ c2).real
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c1 + c2 - 2 * root))


def loss_of(x, y):
    def loss(w):
        score = x @ w[:-1] + w[-1]
        return np.logaddexp(0, score).sum() - (y * score).sum() + 0.5 * (w[:-1] ** 2).sum()

    return loss


def correct(x, y, folds):
    total = 0
    for fold in range(FOLDS):
        outside = folds != fold
        w = minimize(loss_of(x[outside], y[outside]), np.zeros(x.shape[1] + 1), tol=1e-10).x
        total += int((((x[~outside] @ w[:-1] + w[-1]) > 0) == (y[~outside] == 1)).sum())
    return total


def case(rows, columns, shift, seed):
    random = np.random.default_rng(seed)
    mix = random.normal(size=(columns, columns))
    a = np.round(random.normal(size=(rows[0], columns)) @ mix, 3)
    b = np.round(random.normal(size=(rows[1], columns)) @ (mix * 1.3) + shift, 3)
    x = np.concatenate([a, b])
    y = np.array([0] * rows[0] + [1] * rows[1])
    folds = np.arange(sum(rows)) % FOLDS
    return {
        "reference": a.tolist(),
        "target": b.tolist(),
        "folds": folds.tolist(),
        "frechet": frechet(a, b),
        "correct": correct(x, y, folds),
    }


def main():
    result = {
        "cases": {
            "more images than features": case((40, 30), 4, 0.8, 1),
            "fewer images than features": case((7, 6), 9, 0.5, 2),
            "as many of one set as features": case((12, 8), 8, 0.5, 3),
        },
        "chances": [
            {"correct": k, "count": n, "chance": float(binom.sf(k - 1, n, 0.5))}
            for k, n in [(0, 10), (9, 10), (10, 10), (60, 100), (1100, 2000), (2000, 2000)]
        ],
    }
    path = Path(__file__).parents[2] / "test/witness/shift.json"
    path.write_text(json.dumps(result) + "\n")


main()
