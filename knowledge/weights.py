"""The learned numbers of ranking and abstention, and how each was found. Must hold nothing else.

`scripts/calibrate_knowledge.py` prints RANKING, CONFIDENCE and ANSWER_FROM.
"""

from __future__ import annotations

# How much pairs of syllables count beside morphemes (chosen on the 120 Dasan FAQ among 0.3, 0.5, 0.7, 1).
PAIRS = 0.5
# What is known of an article for a question (knowledge.scoring). Strengths are relative to the best.
FEATURES = (
    "strength",  # morphemes and pairs of the whole article
    "found",  # by anybody
    "morphemes",
    "pairs",
    "length",
    "cover_pairs",  # share of the question by rarity that the article has
    "cover_morphemes",
    "sounds",  # letters of title and keywords, for what is typed wrongly
    "cover_head",  # of title and keywords
    "cover_sounds",
    "title",  # share of the title that the question holds
    "phrase",  # of the keyword of which it holds most
    "phrase_weight",
    "names",  # share of the names of things in the question
    "content",  # share of the question without words of ordinary talk; not for ranking
)
RANKING = (
    *(2.294, -5.444, 1.116, 2.605, -0.459, 2.962, 0.795),
    *(2.645, 6.305, 6.206, 4.603, 1.368, 3.25, 1.794, 0.0),
)
# Of ``knowledge.search.signs``; the last one is the constant.
CONFIDENCE = (2.856, 2.091, 1.739, 2.29, 0.292, 1.242, -11.01)
# From here on an answer is given.
ANSWER_FROM = 0.813
# Two articles whose totals are nearer than this compete: ask which one is meant.
CLOSE = 0.6
