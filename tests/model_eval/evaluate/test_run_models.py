from __future__ import annotations

from model_eval.evaluate.run_models import Count


def test_progress_counts_images_in_all_and_model_by_model() -> None:
    said: list[tuple[str, int, int]] = []
    count = Count(lambda *report: said.append(report), {"a": 10, "b": 4})
    count.add("a", 6)
    count.add("b", 1)
    count.drop("b")  # failed: its other images are not waited for
    count.add("a", 4)
    assert said == [
        ("Evaluating models", 6, 14),
        ("a", 6, 10),
        ("Evaluating models", 7, 14),
        ("b", 1, 4),
        ("Evaluating models", 7, 11),
        ("b", 1, 1),
        ("Evaluating models", 11, 11),
        ("a", 10, 10),
    ]
