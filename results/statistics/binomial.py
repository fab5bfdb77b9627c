"""Exact (Clopper-Pearson) bounds of a share that was counted: k of n."""

from collections.abc import Callable
from math import exp, fsum, lgamma, log, log1p


def exact_bounds(hits: int, trials: int) -> tuple[float, float]:
    """Return the two-sided Clopper-Pearson interval of 95 %: what share could have given `hits` of `trials`."""
    return exact_lower(hits, trials, 0.975), exact_upper(hits, trials, 0.975)


def exact_lower(hits: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided lower bound: the share at which `hits` or more have the chance 1 - `confidence`."""
    _check(hits, trials)
    if hits == 0:
        return 0.0
    return _share_where(lambda share: 1 - _at_most(hits - 1, trials, share) < 1 - confidence)


def exact_upper(hits: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided upper bound: the share at which `hits` or fewer have the chance 1 - `confidence`."""
    _check(hits, trials)
    if hits == trials:
        return 1.0
    return _share_where(lambda share: _at_most(hits, trials, share) > 1 - confidence)


def _check(hits: int, trials: int) -> None:
    if trials < 1 or not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} is no share")


def _at_most(hits: int, trials: int, share: float) -> float:
    # By logarithms: the coefficients leave the range of a float at 1,030 trials.
    ours, theirs, ways = log(share), log1p(-share), lgamma(trials + 1)
    return fsum(
        exp(ways - lgamma(k + 1) - lgamma(trials - k + 1) + k * ours + (trials - k) * theirs) for k in range(hits + 1)
    )


def _share_where(below: Callable[[float], bool]) -> float:
    """Halve [0, 1] until the place where `below` turns false is known to the last bit."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2
