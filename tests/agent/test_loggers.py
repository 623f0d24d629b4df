"""The tree of logger names, for sinks and measures alike."""

import pytest

from agent.config import Config
from agent.loggers import Loggers, Threshold
from agent.measures import Measure
from agent.setup import measures_of
from agent.tally import Tally
from parsers.severity import Severity
from tests.agent.command import batch_of

LEVELS = {name.label: name for name in Severity}


@pytest.mark.parametrize(
    ("logger", "expected"),
    [
        *(("shop", "error"), ("shop.cart", "error"), ("shop.cart.db", "debug")),
        *(("shop.cart.db.x", "debug"), ("shopping", None), ("", None)),
        *(("a::b::c", "warning"), ("a::bc", None), ("net/http/pprof", "info")),
        *(("App\\Db\\Query", "critical"), ("x.shop", None)),
    ],
)
def test_a_name_rules_what_is_below_it_in_any_notation(logger: str, expected: str | None) -> None:
    names = {"shop": "error", "shop.cart.db": "debug", "a::b": "warning", "net/http": "info"}
    names["App\\Db"] = "critical"
    tree = Loggers({name: LEVELS[severity] for name, severity in names.items()})

    assert tree.threshold(logger) == (-1 if expected is None else LEVELS[expected])


@pytest.mark.parametrize("root", ["", "root"])
def test_the_root_rules_what_nothing_else_does(root: str) -> None:
    tree = Loggers({root: Severity.ERROR, "shop": Severity.DEBUG})

    assert [tree.threshold(name) for name in ("shop.cart", "x", "", "root")] == [0, 4, 4, 4]


def test_a_long_name_costs_no_more_than_its_size() -> None:
    tree = Loggers({"a": Severity.ERROR})

    assert tree.threshold("a." * 200_000) == Severity.ERROR
    assert tree.threshold("b." * 200_000) == -1


RAW = b"DEBUG:shop:1\nINFO:shop.cart:2\nERROR:shop.cart:3\nERROR:urllib3:4\n"


@pytest.mark.parametrize(
    ("severity", "loggers", "expected"),
    [
        (Severity.DEBUG, {}, 4),
        (Severity.ERROR, {}, 2),
        (Severity.DEBUG, {"urllib3": Severity.CRITICAL}, 3),
        (Severity.CRITICAL, {"shop": Severity.INFO}, 2),
        (Severity.DEBUG, {"": Severity.CRITICAL, "shop.cart": Severity.ERROR}, 1),
    ],
)
def test_a_measure_takes_events_by_severity_and_logger(
    severity: Severity, loggers: dict[str, Severity], expected: int
) -> None:
    tally = Tally()

    Measure("n", least=Threshold(severity, Loggers(loggers))).apply(
        batch_of(RAW, "python"), tally, ""
    )

    assert tally.counters["n"] == expected


def test_a_measure_of_the_configuration_has_its_severity_and_loggers() -> None:
    each = {"counter": "n", "severity": "error", "loggers": {"shop": "debug", "root": "critical"}}
    config = Config.model_validate({"sources": {}, "measures": [each]})

    least = measures_of(config)[-1].least

    assert least.severity is Severity.ERROR
    assert [least.loggers.threshold(name) for name in ("shop.cart", "urllib3")] == [0, 5]
