from __future__ import annotations

from collections import Counter

import numpy as np

from model_eval.label.modal_answers import modal_answers


def test_agreement_is_what_counting_by_hand_gives() -> None:
    rng = np.random.default_rng(5)
    predictions = rng.integers(-1, 5, (7, 300)).astype(np.int32)
    labels = rng.integers(0, 5, 300)
    predictions[:, 0] = -1  # seen by nobody
    predictions[:, 1] = labels[1]
    found = modal_answers(predictions, labels)

    def commonest(answers: list[int]) -> tuple[int, int]:
        counts = Counter(answers)
        return min(((answer, n) for answer, n in counts.items()), key=lambda each: (-each[1], each[0]))

    for image in range(300):
        given = [int(answer) for answer in predictions[:, image] if answer >= 0]
        wrong = [answer for answer in given if answer != labels[image]]
        answer, votes = commonest(given) if given else (-1, 0)
        error, wrong_votes = commonest(wrong) if wrong else (-1, 0)
        n_seen = max(1, len(given))
        assert tuple(column[image] for column in found) == (
            answer,
            votes / n_seen,
            error,
            wrong_votes / n_seen,
        )


def test_where_an_answer_is_unknown_so_is_the_commonest() -> None:
    predictions = np.array([[1, -1], [1, 1], [0, 0]])
    found = modal_answers(predictions, np.array([1, 1]), np.array([True, False]))
    assert [column[0] for column in found] == [1, 2 / 3, 0, 1 / 3]
    assert (found.modal_prediction[1], found.modal_error[1]) == (-1, -1)
    assert np.isnan([found.modal_share[1], found.modal_error_share[1]]).all()
