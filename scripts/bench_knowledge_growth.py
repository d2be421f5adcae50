"""What a question costs when there are 2,500 to 250,000 articles: time, memory, loading, one change.

The articles are made of the 120 Dasan FAQ: each takes seven of ten words of one of its texts, and three of
a hundred words are made new ones, so that the vocabulary grows as well. Each size is measured in a process
of its own, Kiwi included. `python -m scripts.bench_knowledge_growth FOLDER` is that process.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.index import IndexedText, load_index, publish_part, update_index
from knowledge.parts import Part, part_of
from knowledge.postings import Counted
from knowledge.search import search
from knowledge.tokens import Tokens

if TYPE_CHECKING:
    from scripts.knowledge_data import Faq

SIZES = (2_500, 25_000, 100_000, 250_000)
ASKED = 300
SMALL, LARGE = 2_500, 100_000
MOST_QUERY, MOST_LOAD, MOST_MEMORY = 3.0, 1.0, 300.0  # ms, s, MB
# So much larger may a question's time be for a hundred times as many articles.
MOST_GROWTH = 10.0
DAY = date(2026, 11, 15)


def growth(faq: Faq) -> dict[str, Any]:
    """Figures by number of articles."""
    titles = [(each.morphemes, each.pairs) for each in faq.questions]
    documents = [
        Tokens(own.morphemes, own.pairs, title.head, title.sounds, (title.morphemes,))
        for own, title in zip(faq.documents, faq.questions, strict=True)
    ]
    names = np.arange(len(documents)).astype(bytes)
    whole = part_of(documents, titles).labelled(
        ids=np.arange(len(documents)), keys=names, marks=names
    )
    found: dict[str, Any] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="sotong-index-") as place:
            folder = Path(place)
            build = _seconds(lambda: publish_part(folder, grown(whole, size), state="0-0"))  # noqa: B023
            (folder / "questions.json").write_text(
                json.dumps([row.article.title for row in faq.rows[:ASKED]]), encoding="utf-8"
            )
            done = subprocess.run(
                [sys.executable, "-m", "scripts.bench_knowledge_growth", place],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            found[str(size)] = {
                "build": build,
                "disk": sum(path.stat().st_size for path in folder.rglob("*.npy")) / 1e6,
                **json.loads(done.stdout),
            }
        print(f"  {size} articles {found[str(size)]}", file=sys.stderr, flush=True)
    return found


def grown(whole: Part, size: int) -> Part:
    """So many articles made of those of a part."""
    random = np.random.default_rng(size)
    places = random.integers(0, whole.size, size)
    part = whole.only(places)
    segment = part.segment
    for family, counted in segment.counted.items():
        segment.counted[family] = _thinned(counted, random)
    ids = np.arange(1, size + 1)
    keys = np.array([f"a{number}" for number in ids], dtype=bytes)
    return part.labelled(ids=ids, keys=keys, marks=keys)


def judge_growth(found: dict[str, Any]) -> list[str]:
    """The goals that were missed."""
    small, large = found[str(SMALL)], found[str(LARGE)]
    missed = []
    if small["p50"] > MOST_QUERY:
        missed.append(f"knowledge: a question takes {small['p50']:.1f} > {MOST_QUERY} ms")
    for size, each in found.items():
        if each["load"] > MOST_LOAD:
            missed.append(f"knowledge: {size} load in {each['load']:.2f} > {MOST_LOAD} s")
    if large["memory"] > MOST_MEMORY:
        missed.append(f"knowledge: {LARGE} take {large['memory']:.0f} > {MOST_MEMORY} MB")
    times = found[str(SIZES[-1])]["processor"] / small["processor"]
    if times > MOST_GROWTH:
        missed.append(f"knowledge: 100 times the articles, {times:.1f} times the time")
    return missed


def show_growth(found: dict[str, Any]) -> None:
    """Print the figures."""
    print(
        "  articles   p50 ms  p95 ms  processor ms  load s  memory MB  disk MB  build s  change s"
    )
    for size, each in found.items():
        print(
            f"  {int(size):8,}  {each['p50']:7.2f} {each['p95']:7.2f}  {each['processor']:12.2f}"
            f"  {each['load']:6.3f}  {each['memory']:9.0f}  {each['disk']:7.0f}"
            f"  {each['build']:7.1f}  {each['change']:8.2f}"
        )


def _thinned(counted: Counted, random: np.random.Generator) -> Counted:
    stay = random.random(len(counted.words)) < 0.7
    lengths = np.add.reduceat(np.append(stay, False).astype(np.int64), counted.starts[:-1])
    lengths = np.where(np.diff(counted.starts) > 0, lengths, 0)
    words = counted.words[stay]
    new = random.random(len(words)) < 0.03
    words[new] ^= random.integers(1, 2**62, int(new.sum()), dtype=np.uint64)
    return Counted(words, counted.counts[stay], np.append(0, np.cumsum(lengths)))


def _one(folder: Path) -> dict[str, float]:
    questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="sotong-index-") as place:
        # Kiwi, numpy and the synonyms are there before anything is measured.
        publish_part(
            Path(place), part_of([Tokens((), ())], [((), ())]).named([_text()]), state="0-0"
        )
        tiny = load_index(Path(place))
        assert tiny is not None
        for question in questions[:20]:
            search(tiny, question, today=DAY)
    before = _memory()
    load = _seconds(lambda: load_index(folder))
    index = load_index(folder)
    assert index is not None
    for question in questions[:20]:
        search(index, question, today=DAY)
    took = []
    began = time.process_time()
    for question in questions:
        started = time.perf_counter()
        search(index, question, today=DAY)
        took.append((time.perf_counter() - started) * 1000)
    processor = (time.process_time() - began) * 1000 / len(questions)
    memory = _memory() - before
    change = _seconds(lambda: update_index(folder, [_text()], state="1-1"))
    return {
        "p50": statistics.median(took),
        "p95": sorted(took)[int(len(took) * 0.95)],
        "processor": processor,
        "load": load,
        "memory": memory,
        "change": change,
    }


def _text() -> IndexedText:
    return IndexedText(
        1, "a1", "새로 바뀐 글", ("새 글",), "아주 새로운 글이에요. 신청은 시청에서 해요."
    )


def _memory() -> float:
    """MB of this process, pages of mapped files included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(_one(Path(sys.argv[1]))))
