import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import ConfigError, ProviderError, Retry

AGAIN = ProviderError("busy", retryable=True)


@given(st.integers(1, 12), st.floats(0.01, 5), st.floats(0.01, 60))
def test_a_delay_doubles_up_to_its_most_and_is_drawn_from_its_upper_half(attempt: int, base_s: float, max_s: float):
    delay_s = Retry(attempts=20, base_s=base_s, max_s=max_s).delay_s(attempt, AGAIN)
    ceiling = min(max_s, base_s * 2 ** (attempt - 1))
    assert delay_s is not None
    assert ceiling / 2 <= delay_s <= ceiling


def test_delays_differ_so_that_clients_do_not_return_together():
    assert len({Retry().delay_s(3, AGAIN) for _ in range(20)}) > 10


def test_attempts_count_the_first_call_too():
    retry = Retry(attempts=3)
    assert [retry.delay_s(attempt, AGAIN) is None for attempt in (1, 2, 3, 4)] == [False, False, True, True]


def test_what_time_does_not_help_is_not_tried_again():
    assert Retry().delay_s(1, ProviderError("no", retryable=False)) is None


@pytest.mark.parametrize(("asked_s", "waits_s"), [(0.0, 0.0), (7.5, 7.5), (120.0, 120.0), (120.1, None)])
def test_the_delay_the_provider_asks_for_is_kept_unless_it_is_beyond_patience(asked_s: float, waits_s: float | None):
    assert Retry().delay_s(1, ProviderError("busy", retryable=True, retry_after_s=asked_s)) == waits_s


@pytest.mark.parametrize(("given", "attempts"), [(None, 4), (True, 4), (False, 1), (0, 1), (1, 1), (6, 6), (Retry(attempts=2), 2)])
def test_retry_may_be_given_as_a_number_or_a_switch(given: object, attempts: int):
    assert Retry.of(given).attempts == attempts  # type: ignore[arg-type]


def test_no_attempt_at_all_is_refused():
    with pytest.raises(ConfigError, match="at least 1"):
        Retry(attempts=0)
