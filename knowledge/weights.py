"""The learned numbers of ranking and abstention, and how each was found. Must hold nothing else."""

from __future__ import annotations

# How much pairs of syllables count beside morphemes (chosen on the 120 Dasan FAQ among 0.3, 0.5, 0.7, 1).
PAIRS = 0.5
# Of the columns of ``Ranker.features``: strength, found by anybody, morphemes, pairs, length, cover of
# pairs, cover of morphemes. `scripts/bench_knowledge.py --fit` learns them on the 120 Dasan FAQ.
RANKING = (2.727, -6.097, 1.89, 2.411, -0.37, 3.074, 1.263)
# Of ``knowledge.search.signs``, the last one is the constant; learned by `scripts/calibrate_knowledge.py`.
CONFIDENCE = (0.648, 0.245, 3.59, -3.773, 0.636, 1.219, -2.069)
# From here on an answer is given.
ANSWER_FROM = 0.89
# Two articles whose totals are nearer than this compete: ask which one is meant.
CLOSE = 0.3
