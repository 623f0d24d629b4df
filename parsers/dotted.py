"""Names with dots: they reach into the objects of a record, unless a key itself has the dots."""

from parsers.columns import Value

Record = dict[str, Value]


def lookup(record: Value, name: str) -> Value:
    """A key, or a path of keys joined by dots; the key with the fewest dots goes first."""
    if isinstance(record, dict) and name in record:
        return record[name]
    if "." not in name:
        return None
    key, dot, rest = name.partition(".")
    while dot:
        if isinstance(record, dict) and key in record:
            return lookup(record[key], rest)
        more, dot, rest = rest.partition(".")
        key = f"{key}.{more}"
    return None


def without(record: Record, path: str) -> Record:
    """A record without what a path reaches, and without an object that is empty for it."""
    if path in record:
        return {name: value for name, value in record.items() if name != path}
    key, dot, rest = path.partition(".")
    while dot and key not in record:
        more, dot, rest = rest.partition(".")
        key = f"{key}.{more}"
    inner = record.get(key)
    if not dot or not isinstance(inner, dict):
        return record
    left = without(inner, rest)
    kept = {name: left if name == key else value for name, value in record.items()}
    if not left:
        del kept[key]
    return kept
