"""Small rule files for the tests: valid ones, made by saying what is special about them."""

from pathlib import Path

from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import parser_for
from rules.load import Loaded, load
from rules.model import Example, Rule

REFUSED = (
    "2026/01/02 03:04:05 [error] 12#12: *7 connect() failed (111: Connection refused) while"
    ' connecting to upstream, client: 192.0.2.1, server: _, request: "GET / HTTP/1.1",'
    ' upstream: "http://127.0.0.1:8000/", host: "example.org"'
)
TIMED_OUT = REFUSED.replace(
    "connect() failed (111: Connection refused)", "upstream timed out (110)"
)


def rule(rule_id: str = "nginx.refused", match: str = r"failed \(111: ", **keys: object) -> Rule:
    """A valid rule for nginx errors; `keys` adds to it or overrides."""
    plain = {
        "id": rule_id,
        "title": "Refused",
        "format": "nginx_error",
        "match": match,
        "explain": "nginx was refused.",
        "examples": [{"line": REFUSED}],
        "counterexamples": [{"line": TIMED_OUT}],
    }
    return Rule.model_validate(plain | keys)


def batch(*records: str, log_format: str = "nginx_error") -> Batch:
    """These records as the real parser sees them."""
    raw = "".join(f"{record}\n" for record in records).encode()
    return parser_for(log_format).parse(Block(raw))


def pack(folder: Path, *rules: Rule, name: str = "pack.yaml") -> Path:
    """Write rules as a pack file."""
    lines = ["rules:", *(_yaml(each) for each in rules)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def loaded(folder: Path, *rules: Rule) -> Loaded:
    """These rules alone, read from a file."""
    return load([pack(folder, *rules)], shipped=False)


def _yaml(each: Rule) -> str:
    keys = {
        "title": each.title,
        "match": each.match.text,
        "explain": each.explain,
        "replaces": each.replaces,
    }
    lines = [f"  - id: {each.id}", f"    format: [{', '.join(each.format)}]"]
    lines += [f"    {key}: {_quoted(text)}" for key, text in keys.items() if text]
    lines += _examples("examples", each.examples)
    return "\n".join(lines + _examples("counterexamples", each.counterexamples))


def _examples(key: str, examples: tuple[Example, ...]) -> list[str]:
    return [f"    {key}:", *(f"      - line: {_quoted(example.line)}" for example in examples)]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
