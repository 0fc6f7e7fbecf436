"""The language files: every phrase means one thing, and what foreign phrases mean is known in English."""

import itertools
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.lexicon import ACTS, EVIDENCE, KNOWN, LANGUAGES, NOUNS, phrases
from agents.orchestrator.offline.scan import language_of
from agents.orchestrator.tool_names import ARGUMENTS

_DATA = Path(lexicon.__file__).with_name("data")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))


def _clashes(table: dict[str, str], divide: Any) -> list[tuple[str, str, str]]:
    meanings: dict[str, str] = {}
    found = []
    for meaning, each in table.items():
        for phrase in divide(each):
            if meanings.setdefault(phrase, meaning) != meaning:
                found.append((phrase, meanings[phrase], meaning))
    return found


@pytest.mark.parametrize("table", ["nouns", "verbs", "units", "model_types", "values", "slips"])
def test_no_english_word_plays_two_parts_of_one_kind(table: str) -> None:
    assert _clashes(_read("en")[table], str.split) == []


@pytest.mark.parametrize("table", ["phrases", "comparisons"])
def test_no_english_phrase_means_two_things(table: str) -> None:
    assert _clashes(_read("en")[table], phrases) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_foreign_phrase_means_two_things(language: str) -> None:
    assert _clashes(_read(language)["words"], phrases) == []
    assert _clashes(_read(language)["numbers"], str.split) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_foreign_phrases_mean_words_that_english_knows(language: str) -> None:
    meant = {word for english in _read(language)["words"] for word in english.split()}
    assert meant - KNOWN == set()
    assert set(_read(language)["acts"]) <= set(_read("en")["acts"])


def test_what_people_say_in_a_conversation_is_one_act() -> None:
    told = ("yes", "no", "thanks", "hello", "help", "again", "bye")
    for one, other in itertools.combinations(told, 2):
        assert ACTS[one] & ACTS[other] == set(), (one, other)


def test_evidence_speaks_for_tools_that_there_are_and_of_nouns_that_there_are() -> None:
    kinds = set(NOUNS.values())
    verbs = set(_read("en")["verbs"])
    for tool, needed, refused, weight in EVIDENCE:
        assert tool in ARGUMENTS or tool == "clean"
        assert 0 < weight < 10
        for feature in needed | refused:
            assert not feature.startswith("n.") or feature[2:] in kinds, feature
            assert not feature.startswith("v.") or feature[2:] in verbs, feature


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Train a model on adult", "en"),
        ("Trainiere ein Modell auf adult", "de"),
        ("Anotate data/a.csv adn tarin a modell", "en"),
        ("Entraîne un modèle sur adult", "fr"),
        ("Entrena un modelo con adult", "es"),
        ("ctgan on data/a.csv", "en"),
    ],
)
def test_the_language_is_told_by_its_words(text: str, language: str) -> None:
    assert language_of(text) == language
