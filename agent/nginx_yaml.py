"""What was found of nginx, as a configuration file for people to keep and change. Pure."""

import re
from collections.abc import Iterator, Sequence

from agent.discovery import Discovery
from agent.nginx_sources import NginxSource
from rules.messages import escaped

_HEAD = """\
# logtell: written by `logtell init` from {confs}.
# Test it with `logtell check`; every key is in docs/configuration.md. This is a copy: without
# `sources:` logtell reads nginx's configuration itself, and follows its changes.
"""
_TAIL = """\

# Where events go: warnings and worse, and all that a rule explains.
sinks:
  - to: '-'
    severity: warning

statsd:
  host: 127.0.0.1
  port: 8125
  prefix: logtell
"""
# Needs no quotes in YAML, and is no number, truth or null to those who know YAML less strictly.
_PLAIN = re.compile(r"/[A-Za-z0-9._/-]+|combined|auto|nginx_error")


def render(found: Discovery) -> str:
    """Write a configuration with a comment on where each source comes from."""
    lines = [_HEAD.format(confs=escaped(found.confs or "what is in /var/log/nginx")), "sources:\n"]
    for source in found.sources:
        lines += [f"{line}\n" for line in _source(source)]
    lines += [f"{line}\n" for line in _unfollowed(found)]
    return "".join([*lines, _TAIL])


def _source(source: NginxSource) -> Iterator[str]:
    for comment in (*map(str, source.places), *source.notes):
        yield f"  # {escaped(comment)}"
    yield f"  {source.name}:"
    yield from _texts("paths", source.paths)
    yield from _texts("format", source.formats)


def _texts(key: str, texts: Sequence[str]) -> Iterator[str]:
    if len(texts) == 1:
        yield f"    {key}: {quoted(texts[0])}"
        return
    yield f"    {key}:"
    yield from (f"      - {quoted(text)}" for text in texts)


def _unfollowed(found: Discovery) -> Iterator[str]:
    if found.unfollowed:
        yield ""
        yield "# Not followed:"
    for left in found.unfollowed:
        instead = f"; {left.instead}" if left.instead else ""
        yield f"#   {escaped(f'{left.log} ({left.place}) {left.why}{instead}')}"


def quoted(text: str) -> str:
    """A text as YAML has it: plain if it can be, in double quotes if it needs escapes."""
    if _PLAIN.fullmatch(text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_in_double_quotes, text)) + '"'


def _in_double_quotes(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
