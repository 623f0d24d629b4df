"""The proof for users: numbered logs, every kind of rotation, and a comparison at the end."""
