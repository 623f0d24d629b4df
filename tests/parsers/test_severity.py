"""Level words of many products become six ordered severities."""

import pytest

from parsers.severity import LABELS, Severity, level_words, severity_of


def test_worse_is_larger():
    assert sorted(Severity) == [Severity[label.upper()] for label in LABELS]
    assert Severity.ERROR > Severity.WARNING > Severity.NOTICE > Severity.INFO > Severity.DEBUG


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        *(("ERROR", Severity.ERROR), ("err", Severity.ERROR), ("Warn", Severity.WARNING)),
        *(("emerg", Severity.CRITICAL), ("alert", Severity.CRITICAL), ("FATAL", Severity.CRITICAL)),
        *(("I", Severity.INFO), ("trace", Severity.DEBUG), ("ERROR   ", Severity.ERROR)),
        *(("notice", Severity.NOTICE), ("panic", Severity.CRITICAL), ("DBG", Severity.DEBUG)),
        *(("WRN", Severity.WARNING), ("INF", Severity.INFO), ("FTL", Severity.CRITICAL)),
        *(("trace8", Severity.DEBUG), ("PNC", Severity.CRITICAL), ("FATL", Severity.CRITICAL)),
        *(("NOTI", Severity.NOTICE), ("emgc", Severity.CRITICAL), ("MARK", Severity.INFO)),
        *(("", None), ("errors", None), ("404", None), ("Σ", None)),
    ],
)
def test_a_level_word_has_a_severity(word, severity):
    assert severity == severity_of(word)


def test_level_words_can_leave_out_the_short_ones():
    words = level_words(min_length=3)

    assert min(map(len, words)) == 3
    assert words["warning"] == Severity.WARNING
