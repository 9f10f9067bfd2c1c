from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imgsearch.errors import IndexFolderError, PictureError
from imgsearch.index import Index, ModelChangedError
from imgsearch.workflows import query
from imgsearch.workflows.indexes import Indexes
from imgsearch.workflows.query import ask
from imgsearch.workflows.question import Answer, Question, Search

from ..conftest import draw


def asked(results: list[Answer | PictureError]) -> list[str]:
    return [result.path if isinstance(result, PictureError) else result.query for result in results]


def test_an_index_that_is_rewritten_meanwhile_answers_each_question_once(
    pictures_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [str(draw(tmp_path / f"{number}.png", 70 + number)) for number in range(7)]
    pictures.insert(4, str(tmp_path / "missing.png"))
    questions = [Question((picture,)) for picture in pictures]
    expected = list(ask(Indexes([Index.open(pictures_index)]), questions))
    search, calls = Index.search, []

    def interrupted(self: Index, *arguments: Any, **options: Any) -> object:
        calls.append(arguments)
        if len(calls) in (2, 3, 5):
            raise ModelChangedError(self.folder)
        return search(self, *arguments, **options)

    monkeypatch.setattr(query, "TOGETHER", 3)
    monkeypatch.setattr(Index, "search", interrupted)
    results = list(ask(Indexes([Index.open(pictures_index)]), questions))
    assert asked(results) == asked(expected) == pictures
    assert len(calls) == 3 + 3
    for one, other in zip(results, expected, strict=True):
        assert isinstance(one, PictureError) == isinstance(other, PictureError)
        if isinstance(one, Answer) and isinstance(other, Answer):
            assert [match.path for match in one.matches] == [match.path for match in other.matches]


def test_indexes_that_come_to_differ_meanwhile_are_refused(
    pictures_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = [Index.open(pictures_index), Index.open(pictures_index)]
    indexes = Indexes(pair)

    def changed(self: Index, *arguments: Any, **options: Any) -> object:
        monkeypatch.setattr(Index, "model_digest", property(lambda self: "new" if self is pair[0] else "old"))
        raise ModelChangedError(self.folder)

    monkeypatch.setattr(Index, "search", changed)
    with pytest.raises(IndexFolderError, match="of different models"):
        list(ask(indexes, [Question((str(draw(tmp_path / "a.png", 1)),))]))


def test_a_question_of_several_pictures_goes_on_without_a_bad_one(pictures_index: Path, tmp_path: Path) -> None:
    good, bad = str(draw(tmp_path / "a.png", 1)), str(tmp_path / "missing.png")
    indexes = Indexes([Index.open(pictures_index)])
    error, answer = ask(indexes, [Question((bad, good))], Search(k=3))
    (alone,) = ask(indexes, [Question((good,))], Search(k=3))
    assert isinstance(error, PictureError) and error.path == bad
    assert isinstance(answer, Answer) and isinstance(alone, Answer)
    assert answer.matches == alone.matches
    assert asked(list(ask(indexes, [Question((bad, bad))]))) == [bad, bad]


def test_re_ranking_leaves_what_is_behind_the_top_where_it_was(
    pictures_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgsearch.retrieval.reciprocal.RERANKED", 6)
    indexes = Indexes([Index.open(pictures_index)])
    question = Question((str(pictures_index / "photos" / "warm" / "0.png"),))
    (plain,) = ask(indexes, [question], Search(k=11))
    (anew,) = ask(indexes, [question], Search(k=11, rerank="k-reciprocal"))
    (few,) = ask(indexes, [question], Search(k=2, rerank="k-reciprocal"))
    assert isinstance(plain, Answer) and isinstance(anew, Answer) and isinstance(few, Answer)
    assert anew.matches[6:] == plain.matches[6:]
    assert {match.path for match in anew.matches[:6]} == {match.path for match in plain.matches[:6]}
    assert few.matches == anew.matches[:2]
