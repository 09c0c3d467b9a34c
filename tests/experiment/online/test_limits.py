from experiment.online.limits import Allowance


def test_requests_are_allowed_at_once_and_then_at_a_rate():
    now = [0.0]
    allowance = Allowance(2.0, 5.0, lambda: now[0])
    assert [allowance.take("a") for _ in range(6)] == [True] * 5 + [False]
    assert allowance.take("b")
    now[0] = 1.0
    assert [allowance.take("a") for _ in range(3)] == [True, True, False]
    now[0] = 100.0
    assert [allowance.take("a") for _ in range(6)] == [True] * 5 + [False]


def test_many_senders_do_not_fill_the_memory():
    now = [0.0]
    allowance = Allowance(1.0, 1.0, lambda: now[0])
    for number in range(50_000):
        now[0] += 0.001
        allowance.take(str(number))
    assert len(allowance._left) <= 10_001
