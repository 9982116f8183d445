"""Seeds derived from words, so that every stream of random numbers has one of its own."""

import hashlib


def seed_for(*words: object) -> int:
    """Return a seed in [0, 2**63) that is a stable function of `words`.

    Parameters
    ----------
    *words : object
        What the stream is for, such as ``("order", "digits", 1)``; only their text counts.

    Returns
    -------
    int
        The first 63 bits of the SHA-256 digest of the words, the same on every machine.
    """
    text = "\x1f".join(str(word) for word in words)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
