"""What the command that measures says, of data that are right and of data that are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from korean.noise import with_typos, without_spaces
from nlu.evaluate import MISSING, main
from nlu.evaluation.data import Example, Span, load_examples, spoil
from nlu.evaluation.scores import Said, calibration_error, score_entities, score_intents
from nlu.model import Project, Unusable, checked_model

MASSIVE = (
    '{"utt": "금요일 오전 아홉 시 에 깨워줘", "intent": "alarm_set",'
    ' "annot_utt": "[date : 금요일] [time : 오전 아홉 시] 에 깨워줘"}\n'
)
BROKEN = [
    ("{", "is not JSON"),
    ("[1]", "is not an object"),
    ('{"intent": "greet"}', 'needs "text"'),
    ('{"text": "안녕", "entities": [{"start": 0}]}', 'needs "text"'),
    ("", "holds no example"),
]


def _write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_slots_of_massive_stand_where_they_are_said(tmp_path: Path) -> None:
    file = tmp_path / "massive.jsonl"
    file.write_text(MASSIVE, encoding="utf-8")
    (example,) = load_examples(file, "massive")
    assert example.text == "금요일 오전 아홉 시 에 깨워줘"
    assert example.entities is not None
    assert [example.text[s.start : s.end] for s in example.entities] == ["금요일", "오전 아홉 시"]


def test_annotations_of_rasa_are_read_as_rasa_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text(
        "nlu:\n- intent: inform\n  examples: |\n    - [시청역](place) 앞이요\n", encoding="utf-8"
    )
    assert load_examples(tmp_path, "rasa") == [
        Example("시청역 앞이요", "inform", (Span(0, 3, "place"),))
    ]


@pytest.mark.parametrize(("line", "says"), BROKEN)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text('{"text": "안녕", "intent": "greet"}\n' + line if line else "", "utf-8")
    with pytest.raises(Unusable, match=says) as refused:
        load_examples(file, "jsonl")
    assert not line or "line 2" in str(refused.value)


def test_entities_move_with_their_words_when_spaces_go() -> None:
    text = "시청역 2번 출구 앞에 가로등이"
    (moved,) = spoil([Example(text, None, (Span(0, 11, "place"),))], "nospace")
    assert moved.text == text.replace(" ", "")
    assert moved.entities is not None
    assert moved.text[moved.entities[0].start : moved.entities[0].end] == "시청역2번출구앞"
    assert without_spaces("").offsets == (0,)


def test_typos_are_repeatable_and_as_many_as_asked_for() -> None:
    text = "가로등이 고장났어요 빨리 고쳐 주세요 abc 123 " * 40
    spoilt = with_typos(text, share=0.1, seed=1)
    assert spoilt == with_typos(text, share=0.1, seed=1) != with_typos(text, share=0.1, seed=2)
    assert len(spoilt.text) == len(text)
    wrong = [(a, b) for a, b in zip(text, spoilt.text, strict=True) if a != b]
    syllables = sum("가" <= letter <= "힣" for letter in text)
    assert 0.05 < len(wrong) / syllables < 0.13
    assert all("가" <= a <= "힣" and "가" <= b <= "힣" for a, b in wrong)
    assert with_typos(text, share=0.0, seed=1).text == text


def test_a_noise_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Unusable, match=r"typo:0\.1"):
        spoil([], "typo:lots")


def test_the_intent_before_fallback_counts_and_refusals_are_told_apart() -> None:
    examples = [Example("a", "greet", None), Example("b", "thank", None), Example("c", None, ())]
    said = [
        Said((("nlu_fallback", 0.6), ("greet", 0.4)), ()),
        Said((("greet", 0.9), ("thank", 0.1)), ()),
        Said((("greet", 0.9),), ()),
    ]
    scores = score_intents(examples, said)
    assert scores is not None
    assert (scores.messages, scores.accuracy, scores.refused) == (2, 0.5, 0.5)
    assert scores.accuracy_of_kept == 0.0
    assert scores.confused == (("thank", "greet", 1),)
    assert scores.out_of_scope_auroc is None
    assert score_intents(examples[2:], said[2:]) is None


def test_out_of_scope_is_judged_by_the_confidence_of_everything_else() -> None:
    examples = [Example("", "greet", None)] * 20 + [Example("", "out_of_scope", None)] * 10
    sure = Said((("greet", 0.9), ("out_of_scope", 0.1)), ())
    outside = Said((("out_of_scope", 0.8), ("greet", 0.2)), ())
    scores = score_intents(examples, [sure] * 20 + [outside] * 9 + [sure])
    assert scores is not None
    assert scores.out_of_scope_accepted == pytest.approx(0.1)
    assert scores.out_of_scope_auroc is not None
    assert scores.out_of_scope_auroc > 0.85


def test_confidence_that_keeps_its_word_has_no_calibration_error() -> None:
    right = np.array([True] * 8 + [False] * 2)
    assert calibration_error(np.full(10, 0.8), right) == pytest.approx(0.0)
    assert calibration_error(np.full(10, 1.0), right) == pytest.approx(0.2)


def test_a_span_counts_by_its_words_or_to_the_letter() -> None:
    example = Example("시청역 앞에 불이", None, (Span(0, 5, "place"), Span(7, 9, "topic")))
    said = [Said((), (Span(0, 6, "place"), Span(0, 2, "date")))]
    by_word = score_entities([example], said, kinds=["place"], by_word=True)
    exact = score_entities([example], said, kinds=["place"], by_word=False)
    assert by_word is not None
    assert exact is not None
    assert (by_word.f1, exact.f1, exact.overlap_recall) == (1.0, 0.0, 1.0)
    assert score_entities([example], said, kinds=[], by_word=True) is None


def test_a_trained_model_is_measured_in_process_and_over_http(
    var_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = checked_model(Project(root=Path(), var_dir=var_dir))
    test = _write(
        tmp_path / "test.jsonl",
        {"text": "가로등이 고장났어요", "intent": "report_complaint"},
        {
            "text": "시청역 3번 출구에서 만나요",
            "entities": [{"start": 0, "end": 9, "entity": "place"}],
        },
    )
    out = tmp_path / "out.json"
    arguments = ["--model", str(model), "--test", str(test), "--json", str(out)]
    assert main(arguments) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))["model"]
    assert figures["intents"]["accuracy"] == 1.0
    assert figures["exact"]["overlap_recall"] == 1.0
    assert figures["training"] is None
    assert 0 < figures["parse_p50"] <= figures["parse_p95"]
    assert 0 < figures["http"]["p50"] <= figures["http"]["p95"]
    assert figures["http"]["megabytes"] > 50
    assert "parse over HTTP" in capsys.readouterr().out


def test_the_configured_pipeline_is_trained_and_measured(tmp_path: Path) -> None:
    rows = [
        {"text": text, "intent": intent}
        for intent, texts in (
            (
                "report_complaint",
                ("가로등이 고장났어요", "도로에 구멍이 났어요", "쓰레기가 쌓였어요"),
            ),
            ("thank", ("고마워요", "감사합니다", "고맙습니다")),
        )
        for text in texts
    ]
    data, out = _write(tmp_path / "data.jsonl", *rows), tmp_path / "out.json"
    arguments = ["--train", str(data), "--test", str(data), "--json", str(out), "--no-http"]
    assert main([*arguments, "--noise", "nospace"]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))["ours"]
    assert figures["intents"]["accuracy"] == 1.0
    assert figures["training"]["seconds"] > 0
    assert figures["training"]["processor_seconds"] > 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--train", "nowhere.jsonl"], "--test FILE"),
        (["--train", "nowhere.jsonl", "--test", "nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["--model", "nowhere.tar.gz", "--test", __file__, "--format", "rasa"], "nlu.evaluate"),
        (["--data", "nowhere"], "needs two intents"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "rasa" in arguments:
        arguments[3] = str(Path(__file__).parent / "bot" / "data")
    assert main(arguments) == MISSING
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
