from __future__ import annotations

import random

import pytest

from cockpit.metrics.rank_lines import RankLines
from tests.metrics.paths import read_lines


@pytest.mark.parametrize(
    ("line", "rank", "text"),
    [
        ("plain", None, "plain"),
        ("", None, ""),
        ("[default0]:  x", 0, "  x"),
        ("[default0]:", 0, ""),
        ("[rank3]: boom", 3, "boom"),
        ("[default1]:[rank5]: boom", 5, "boom"),
        ("see [default1]: x", None, "see [default1]: x"),
    ],
)
def test_a_whole_line_is_handed_on_with_its_rank(line: str, rank: int | None, text: str) -> None:
    assert RankLines().take(line) == (rank, text)


def test_pieces_of_two_ranks_are_parted_and_joined() -> None:
    lines = RankLines()
    assert lines.take("[default0]:Average Lo[default1]:Epoch 2") == (1, "Epoch 2")
    assert lines.look("[default0]:ss: [default1]:Ti") == [(1, "Ti"), (0, "Average Loss: ")]
    assert lines.take("torchrun itself") == (None, "torchrun itself")
    assert lines.take("[default0]:ss: 5") == (0, "Average Loss: 5")


def test_a_line_without_an_end_keeps_memory_flat() -> None:
    lines = RankLines()
    for _ in range(100):
        lines.take(f"[default0]:{'x' * 10_000}[default1]:")
    assert len(lines.take("[default0]:end")[1]) < 70_000


def test_a_log_that_torchrun_mixed_gives_the_curves_of_the_plain_one() -> None:
    spoken = [
        line
        for epoch in range(1, 9)
        for line in (f"Epoch {epoch}", f"  Average Loss: {epoch}.5", "  Time: 10s")
    ]
    plain = read_lines("epri-log", *spoken)
    for seed in range(50):
        mixed = mix(spoken, random.Random(seed))
        table = read_lines("epri-log", *mixed)
        assert table == plain, seed


def mix(spoken: list[str], chance: random.Random) -> list[str]:
    """Return what --tee makes of two ranks that say the same: each piece that it found at once."""
    texts = ["".join(f"{line}\n" for line in spoken)] * 2
    at, log = [0, 0], ""
    while at != [len(text) for text in texts]:
        rank = chance.randrange(2)
        text = texts[rank]
        piece = text[at[rank] : at[rank] + chance.randint(1, 30)]
        piece = piece[: piece.find("\n") + 1] or piece
        at[rank] += len(piece)
        log += f"[default{rank}]:{piece}" if piece else ""
    return log.removesuffix("\n").split("\n")
