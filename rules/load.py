"""Rule packs from disk: the shipped ones beside this file, and users' folders before them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rules.located import Document, read
from rules.messages import Finding, by_place, nearest
from rules.model import Rule, RuleFile
from rules.positions import Where
from rules.read import validated

SHIPPED = Path(__file__).parent
_SUFFIXES = (".yaml", ".yml")
# YAML would cut a pattern or a log line at ` #` and `: `.
_QUOTED = ("match", "line")
_KINDS = {
    "rules": ("rule", "id"),
    "examples": ("example", ""),
    "counterexamples": ("counterexample", ""),
}


@dataclass(frozen=True, slots=True)
class Pack:
    """One rule file that is valid by itself."""

    document: Document
    rules: tuple[Rule, ...]
    shipped: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands: its pack, and its number there."""

    pack: Pack
    number: int

    @property
    def name(self) -> str:
        """`path:line`, for messages about another rule."""
        line = self.pack.document.positions.of(("rules", self.number)).line
        return f"{self.pack.document.path}:{line}"

    def finding(self, where: Where, what: str, fix: str, *, offset: int | None = None) -> Finding:
        """An error at a value of this rule, or at one character of it."""
        document = self.pack.document
        path = ("rules", self.number, *where)
        positions = document.positions
        position = positions.of(path) if offset is None else positions.inside(path, offset)
        return document.finding(position, what, fix)


@dataclass(frozen=True, slots=True)
class Loaded:
    """All rules in order of priority, where each stands (by id), and what was wrong."""

    rules: tuple[Rule, ...] = ()
    places: dict[str, Place] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def load(folders: Sequence[Path] = (), *, shipped: bool = True) -> Loaded:
    """
    Read the packs of `folders` (a single file is fine too) and then the shipped ones.

    In this order a user's rule answers before a shipped one. A file with an error is left out
    whole, with the reason in the findings. Examples are not executed: `rules.check` does that.
    """
    packs: list[Pack] = []
    findings: list[Finding] = []
    for folder, own in [*((folder, False) for folder in folders), *[(SHIPPED, True)] * shipped]:
        for path in _files(folder, findings):
            pack, found = read_pack(path, shipped=own)
            findings += found
            packs += [pack] if pack else []
    return _joined(packs, findings)


def _files(folder: Path, findings: list[Finding]) -> Iterable[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        fix = "create it, or correct the configuration"
        findings.append(Finding(str(folder), 0, 0, "error", "no such folder of rules", fix))
        return []
    found = (path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    return sorted(found, key=lambda path: path.parts)


def read_pack(path: Path, *, shipped: bool = False) -> tuple[Pack | None, list[Finding]]:
    """Read and validate one rule file; the pack is None if anything is wrong with it."""
    name = _short(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        fix = "make it readable for the user that logtell runs as"
        return None, [Finding(name, 0, 0, "error", f"cannot be read: {error.strerror}", fix)]
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 (byte {error.start})"
        return None, [Finding(name, 0, 0, "error", what, "save it as UTF-8")]
    document = read(text, name, quoted=_QUOTED)
    file, findings = validated(document, RuleFile, kinds=_KINDS)
    return (Pack(document, file.rules, shipped) if file else None), findings


def _short(path: Path) -> str:
    """Shipped packs are named from the package on: `rules/nginx/upstream.yaml`."""
    return str(path.relative_to(SHIPPED.parent)) if path.is_relative_to(SHIPPED) else str(path)


def _joined(packs: Sequence[Pack], findings: list[Finding]) -> Loaded:
    places = [Place(pack, number) for pack in packs for number in range(len(pack.rules))]
    replaced = {_rule(place).replaces for place in places} - {None}
    kept: dict[str, Place] = {}
    for place in places:
        rule = _rule(place)
        if place.pack.shipped and rule.id in replaced:
            continue
        if rule.id in kept:
            findings.append(_duplicate(place, kept[rule.id]))
        else:
            kept[rule.id] = place
    findings += _replacing_nothing(places)
    return Loaded(tuple(map(_rule, kept.values())), kept, tuple(sorted(findings, key=by_place)))


def _rule(place: Place) -> Rule:
    return place.pack.rules[place.number]


def _duplicate(place: Place, first: Place) -> Finding:
    # A user's pack is read first, but it is the user's rule that has to change.
    if place.pack.shipped and not first.pack.shipped:
        place, first = first, place
    rule = _rule(place)
    fix = "choose another id"
    if first.pack.shipped and not place.pack.shipped:
        fix += f", or add `replaces: {rule.id}` to put this rule in its place"
    return place.finding(("id",), f"rule id {rule.id} is taken by {first.name}", fix)


def _replacing_nothing(places: Sequence[Place]) -> Iterable[Finding]:
    shipped = [_rule(place).id for place in places if place.pack.shipped]
    for place in places:
        target = _rule(place).replaces
        if target is not None and target not in shipped:
            guess = nearest(target, shipped)
            fix = f'did you mean "{guess}"?' if guess else "remove it, or write a shipped rule's id"
            what = f"`replaces` of rule {_rule(place).id} names no shipped rule: {target}"
            yield place.finding(("replaces",), what, fix)
