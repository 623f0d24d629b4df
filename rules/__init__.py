"""Batches to explanations in plain words: rule packs, read strictly, matched by one scan."""
