"""How deep JSON may be nested before it is no record: what is deeper could not be written again."""

from parsers.columns import Value

# orjson writes at most 254 levels and reads 1024; the rest of an event's own take a few.
MAX_DEPTH = 200


def is_deeper(value: Value, depth: int) -> bool:
    """Whether a value has objects or lists within each other more than `depth` times."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(is_deeper(each, depth - 1) for each in inner)
