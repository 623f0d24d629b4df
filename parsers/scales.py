"""Levels that are numbers, and levels as programs decorate them: what each means as a severity."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from parsers.severity import Severity, severity_of

_DEBUG, _INFO, _NOTICE = Severity.DEBUG, Severity.INFO, Severity.NOTICE
_WARNING, _ERROR, _CRITICAL = Severity.WARNING, Severity.ERROR, Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Scale:
    """From which number on each severity is meant; below the first one it is that of the first."""

    bounds: tuple[float, ...]
    severities: tuple[Severity, ...]

    def severity(self, number: float) -> Severity:
        """The severity that a number stands for; what is no number (NaN) is the last."""
        return self.severities[max(0, bisect_right(self.bounds, number) - 1)]


_Step = tuple[float, Severity]


def _scale(*steps: _Step) -> Scale:
    bounds, severities = zip(*steps, strict=True)
    return Scale(bounds, severities)


# RFC 5424 table 2.
_SYSLOG: tuple[_Step, ...] = (
    *((0, _CRITICAL), (1, _CRITICAL), (2, _CRITICAL), (3, _ERROR)),
    *((4, _WARNING), (5, _NOTICE), (6, _INFO), (7, _DEBUG)),
)
# Bunyan's and pino's 10 trace, 20 debug … 60 fatal (https://github.com/trentm/node-bunyan,
# README.md, Levels; https://github.com/pinojs/pino, lib/constants.js).
_PINO: tuple[_Step, ...] = (
    *((8, _DEBUG), (30, _INFO), (40, _WARNING), (50, _ERROR), (60, _CRITICAL)),
)
# https://github.com/Seldaek/monolog, src/Monolog/Level.php: 100 debug … 550 alert, 600 emergency.
_MONOLOG: tuple[_Step, ...] = (
    *((100, _DEBUG), (200, _INFO), (250, _NOTICE), (300, _WARNING), (400, _ERROR)),
    (500, _CRITICAL),
)
# https://github.com/googleapis/googleapis, google/logging/type/log_severity.proto: 0 default,
# 100 debug, 200 info, 300 notice … 800 emergency.
_CLOUD: tuple[_Step, ...] = (
    *((100, _DEBUG), (200, _INFO), (300, _NOTICE), (400, _WARNING), (500, _ERROR)),
    (600, _CRITICAL),
)
SYSLOG = _scale(*_SYSLOG)
# Python's Lib/logging/__init__.py; 25 is loguru's SUCCESS (https://github.com/Delgan/loguru,
# loguru/_defaults.py).
PYTHON = _scale(
    *((0, _DEBUG), (20, _INFO), (25, _NOTICE), (30, _WARNING), (40, _ERROR), (50, _CRITICAL))
)
# https://github.com/open-telemetry/opentelemetry-proto, opentelemetry/proto/logs/v1/logs.proto:
# 0 unspecified, then four steps each of trace, debug, info, warn, error, fatal.
OTEL = _scale((0, _INFO), (1, _DEBUG), (9, _INFO), (13, _WARNING), (17, _ERROR), (21, _CRITICAL))
# Logback's Level.toInt(), which logstash-logback-encoder writes as `level_value`: 5000 trace, 10000
# debug, 20000 info, 30000 warn, 40000 error (https://github.com/qos-ch/logback, Level.java). log4js
# writes the same as `level.level`, and 50000 fatal, 2 ** 53 mark
# (https://github.com/log4js-node/log4js-node, lib/levels.js).
LOGBACK = _scale(
    *((0, _DEBUG), (20_000, _INFO), (30_000, _WARNING), (40_000, _ERROR), (50_000, _CRITICAL)),
    (2**53, _INFO),
)
# https://github.com/dotnet/runtime, LogLevel.cs of Microsoft.Extensions.Logging.Abstractions:
# trace, debug, information, warning, error, critical, none.
DOTNET = _scale((0, _DEBUG), (2, _INFO), (3, _WARNING), (4, _ERROR), (5, _CRITICAL), (6, _INFO))
# https://github.com/mysql/mysql-server, include/my_loglevel.h: system, error, warning, information.
MYSQL = _scale((0, _INFO), (1, _ERROR), (2, _WARNING), (3, _INFO))
# https://github.com/nextcloud/documentation, logging_configuration.rst of the admin manual: debug,
# info, warn, error, fatal.
NEXTCLOUD = _scale((0, _DEBUG), (1, _INFO), (2, _WARNING), (3, _ERROR), (4, _CRITICAL))
# Where nothing says whose the numbers are: up to 7 they are syslog's, then those of pino, from 100
# on Monolog's; under `severity` from 100 on those of Cloud Logging.
_LOWEST: _Step = (float("-inf"), _DEBUG)
MANY = _scale(_LOWEST, *_SYSLOG, *_PINO, *_MONOLOG)
SEVERITIES = _scale(_LOWEST, *_SYSLOG, *_PINO, *_CLOUD)
# slog's `INFO+2` and `DEBUG-4` (https://github.com/golang/go, src/log/slog/level.go), mongod's
# `D2`, and OpenTelemetry's numbers by their names.
_DECORATED = re.compile(r"(?:SEVERITY_NUMBER_)?([A-Za-z]{1,16})(?:[+-]?\d{1,3})?")
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)


def stated_severity(level: str | float, scale: Scale) -> Severity | None:
    """The severity of a level as it stands in a record; None if it is none that is known."""
    if not isinstance(level, str):
        return scale.severity(level)
    text = level.strip()
    if _NUMBER.fullmatch(text):  # logfmt and the journal write numbers as texts
        return scale.severity(int(text))
    return severity_of_word(text)


def severity_of_word(word: str) -> Severity | None:
    """The severity of a level that is a word, also a decorated one; None if none is known."""
    known = severity_of(word)
    if known is not None:
        return known
    decorated = _DECORATED.fullmatch(word.strip())
    return severity_of(decorated[1]) if decorated else None
