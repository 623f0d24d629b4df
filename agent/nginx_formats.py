"""The text of a `log_format` as a source's `format:` takes it. Pure."""

from collections.abc import Sequence
from functools import cache

from parsers.formats import FormatError, parser_for
from parsers.layout import LayoutError


def format_text(args: Sequence[str]) -> str:
    """
    Join the arguments of `log_format` as a source's `format:` takes them.

    nginx joins the texts without anything between (ngx_http_log_compile_format); an `escape=` other
    than the default stays in front.
    """
    _, *texts = args
    escape = texts.pop(0) if texts and texts[0].startswith("escape=") else "escape=default"
    return ("" if escape == "escape=default" else f"{escape} ") + "".join(texts)


@cache
def readable(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    """The text of the `log_format` called `name`, or `auto` and why the text cannot be read."""
    try:
        parser_for(text)
    except (FormatError, LayoutError) as error:
        why = error.what if isinstance(error, LayoutError) else "it has no $variable"
        return "auto", (f"log_format {name} cannot be read: {why}",)
    return text, ()
