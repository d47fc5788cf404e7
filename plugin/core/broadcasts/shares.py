"""Who of a broadcast is held out, who gets which variant, and who waits for the winner."""

from collections.abc import Sequence
from typing import NamedTuple

from plugin.core.broadcasts.buckets import BUCKETS


class Share(NamedTuple):
    """Buckets below `until`, from the share before on. `variant` None: they wait for the winner."""

    until: int
    variant: int | None
    held_out: bool = False


def shares(variants: int, holdout_percent: int, split_percent: int) -> list[Share]:
    """Divide the buckets: those held out, equal parts of the test for each variant, the rest."""
    low = BUCKETS * holdout_percent // 100
    result = [Share(low, None, held_out=True)] if low else []
    tested = BUCKETS - low if variants == 1 else (BUCKETS - low) * split_percent // 100
    result += [Share(low + tested * (n + 1) // variants, n) for n in range(variants)]
    return [*result, Share(BUCKETS, None)] if low + tested < BUCKETS else result


def share_of(bucket: int, divided: Sequence[Share]) -> Share:
    return next(share for share in divided if bucket < share.until)
