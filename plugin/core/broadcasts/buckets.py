"""Which of ten thousand buckets a friend falls into: the same after any restart."""

import hashlib

BUCKETS = 10_000


def bucket(broadcast_id: int, friend_id: int) -> int:
    """Return the friend's bucket in one broadcast, for its variants and its holdout."""
    return hashed(f"{broadcast_id}:{friend_id}")


def global_bucket(friend_id: int) -> int:
    """Return the friend's bucket in the account's holdout, the same in every broadcast."""
    return hashed(str(friend_id))


def hashed(text: str) -> int:
    """Return the bucket of a text; `models.broadcasts.bucket_sql` says the same in SQL."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % BUCKETS
