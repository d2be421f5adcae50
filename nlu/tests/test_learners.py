"""What the combined classifier and the sequence tagger learn, and that storage changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.storage.resource import Resource
from rasa.engine.training.fingerprinting import calculate_fingerprint_key
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message

from nlu.components.combined import CombinedClassifier
from nlu.components.guesses import guessed_labels
from nlu.components.intent import IntentClassifier
from nlu.components.linear import Settings
from nlu.components.sequence import SequenceExtractor
from nlu.components.tagging import Tagged, Tagger, TaggerSettings
from nlu.evaluation.cross import load_examples
from nlu.model import Unusable
from nlu.tests.conftest import BOT

TEXTS, INTENTS = load_examples(BOT / "data")
SONGS = [
    (f"{when} {what} {verb}", [Tagged(0, len(when), "date")])
    for when in ("내일", "월요일", "수요일", "금요일", "토요일")
    for what in ("알람", "노래", "회의")
    for verb in ("맞춰 줘", "틀어 줘", "알려 줘")
]


@pytest.fixture(scope="module")
def classifier() -> CombinedClassifier:
    return CombinedClassifier(Settings(morphemes=True), nets=2).fit(TEXTS, INTENTS)


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return Tagger.fit(
        [text for text, _ in SONGS],
        [spans for _, spans in SONGS],
        folder=tmp_path_factory.mktemp("crf"),
        settings=TaggerSettings(iterations=30),
    )


def test_it_learns_its_examples_and_gives_true_probabilities(
    classifier: CombinedClassifier,
) -> None:
    rows = classifier.probabilities([*TEXTS, "전혀 다른 말", "", "😀"])
    assert np.allclose(rows.sum(axis=1), 1.0)
    right = np.array([classifier.labels[i] for i in rows[: len(TEXTS)].argmax(axis=1)])
    assert (right == np.array(INTENTS)).mean() > 0.95


def test_missing_spaces_do_not_change_what_is_meant(classifier: CombinedClassifier) -> None:
    rows = classifier.probabilities(["도로에구멍이났어요", "여권수수료얼마예요"])
    assert [classifier.labels[i] for i in rows.argmax(axis=1)] == ["report_complaint", "ask_policy"]


def test_a_stored_classifier_says_the_same(classifier: CombinedClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    again = CombinedClassifier.load(tmp_path)
    assert np.allclose(again.probabilities(TEXTS), classifier.probabilities(TEXTS), atol=1e-4)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}


def test_the_same_data_give_the_same_classifier(classifier: CombinedClassifier) -> None:
    again = CombinedClassifier(Settings(morphemes=True), nets=2).fit(TEXTS, INTENTS)
    assert np.allclose(again.probabilities(TEXTS), classifier.probabilities(TEXTS))


def test_twenty_thousand_characters_are_classified_too(classifier: CombinedClassifier) -> None:
    for text in ("가로등이 고장났어요 " * 2000, "ㅋ" * 20000, "\x00" * 20000):
        assert classifier.probabilities([text]).shape == (1, len(classifier.labels))


def test_a_handful_of_examples_is_enough() -> None:
    model = CombinedClassifier(Settings(), nets=2).fit(["네", "맞아요", "아니요"], ["a", "a", "d"])
    assert model.probabilities(["네"]).argmax() == model.labels.index("a")


def test_a_number_of_nets_that_cannot_be_is_refused() -> None:
    with pytest.raises(Unusable, match="nets"):
        CombinedClassifier(Settings(), nets=9)


def test_the_tagger_finds_a_word_of_the_same_kind_that_it_never_saw(tagger: Tagger) -> None:
    assert tagger.labels == {"date"}
    assert tagger.tag("목요일 회의 알려 줘") == [Tagged(0, 3, "date")]
    assert tagger.tag("") == []
    assert tagger.tag("   ") == []


def test_two_entities_of_one_kind_side_by_side_stay_two_where_the_examples_have_such(
    tmp_path: Path,
) -> None:
    days = ("월요일", "수요일", "금요일", "토요일")
    pairs = [(f"{a} {b} 알려 줘", len(a), len(b)) for a in days for b in days if a != b]
    spans = [[Tagged(0, a, "date"), Tagged(a + 1, a + 1 + b, "date")] for _, a, b in pairs]
    texts = [text for text, _, _ in pairs]
    tagger = Tagger.fit(texts, spans, folder=tmp_path, settings=TaggerSettings(iterations=30))
    assert tagger.labels == {"date"}
    assert [tagger.tag(text) for text in texts] == spans


def test_a_word_means_what_the_intent_of_the_message_makes_of_it(tmp_path: Path) -> None:
    verbs = ("알려 줘", "말해 줘", "찾아 줘", "보여 줘")
    texts = [f"가을 {verb}" for verb in verbs for _ in (0, 1)]
    intents = ["play_music", "weather_query"] * len(verbs)
    spans = [[Tagged(0, 2, "song" if i == "play_music" else "season")] for i in intents]
    settings = TaggerSettings(iterations=30, intents=True)
    tagger = Tagger.fit(texts, spans, folder=tmp_path, settings=settings, intents=intents)
    extractor = _extractor(tagger, intents=True)
    said = [
        Message({"text": "가을 알려 줘", "intent": {"name": intent, "confidence": 0.9}})
        for intent in ("play_music", "weather_query")
    ]
    found = [message.get("entities")[0]["entity"] for message in extractor.process(said)]
    assert found == ["song", "season"]
    # Without a classifier before it, it still answers.
    assert len(extractor.process([Message({"text": "가을 알려 줘"})])[0].get("entities")) == 1


def test_examples_are_guessed_by_a_classifier_that_did_not_see_them() -> None:
    texts = [f"{what} {verb}" for what in ("노래", "음악", "곡") for verb in ("틀어 줘", "들려줘")]
    texts += [f"{what} {verb}" for what in ("날씨", "기온", "비") for verb in ("어때", "어떤가요")]
    labels = ["play"] * 6 + ["weather"] * 6
    labels[0] = "weather"
    guesses = guessed_labels(texts, labels)
    assert guesses == guessed_labels(texts, labels)
    assert guesses[0] == "play", "a wrong label was learnt by heart"
    assert sum(guess == label for guess, label in zip(guesses, labels, strict=True)) >= 9
    assert guessed_labels(texts[:2], labels[:2]) == labels[:2]


def test_a_stored_tagger_says_the_same(tagger: Tagger, tmp_path: Path) -> None:
    tagger.save(tmp_path)
    again = Tagger.load(tmp_path)
    assert [again.tag(text) for text, _ in SONGS] == [tagger.tag(text) for text, _ in SONGS]


def test_a_long_message_is_tagged_within_its_first_part(tagger: Tagger) -> None:
    assert all(found.end <= 2000 for found in tagger.tag("월요일 회의 알려 줘 " * 2000))


def _extractor(tagger: Tagger, **settings: Any) -> SequenceExtractor:
    config = {**SequenceExtractor.get_default_config(), **settings}
    return SequenceExtractor(config, None, Resource("tagger"), tagger)


@pytest.mark.parametrize("component", [IntentClassifier, SequenceExtractor])
def test_rasa_can_tell_whether_a_component_changed(component: Any) -> None:
    key = calculate_fingerprint_key(component, component.get_default_config(), {})
    assert key == calculate_fingerprint_key(component, component.get_default_config(), {})


@pytest.mark.parametrize("component", [IntentClassifier, SequenceExtractor])
def test_a_setting_that_does_not_exist_is_named(component: Any) -> None:
    config = {**component.get_default_config(), "syllabels": 3}
    with pytest.raises(InvalidConfigException, match="syllabels"):
        component(config, None, Resource("x"))
