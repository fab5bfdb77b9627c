"""The same trials judged as if baseline had run first and candidate after it: what a check without blocks would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from results.blocks import IN_SEQUENCE, Block, Comparison


def in_sequence(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Deal the trials of equal arms out again: the earlier half becomes A, the later half B.

    Only for blocks whose two settings are equal, where any assignment of arms is as true as any other.
    """
    by_comparison: dict[Comparison, list[Block]] = {}
    for block in blocks:
        if block.comparison.a != block.comparison.b:
            raise ValueError(f"block {block.number} compares different settings; its trials cannot change sides")
        if block.valid:
            by_comparison.setdefault(block.comparison, []).append(block)
    return tuple(dealt for group in by_comparison.values() for dealt in _deal(group))


def _deal(blocks: Sequence[Block]) -> list[Block]:
    trials = [trial for block in blocks for trial in block.trials]
    half = len(trials) // 2
    earlier, later = trials[:half], trials[half:]
    dealt = []
    for place, block in enumerate(blocks):
        pair = slice(2 * place, 2 * place + 2)
        members = zip(earlier[pair] + later[pair], IN_SEQUENCE, strict=True)
        dealt.append(replace(block, trials=tuple(replace(trial, arm=arm) for trial, arm in members)))
    return dealt
