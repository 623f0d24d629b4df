"""What holds for every test: one time zone, and an environment that the machine cannot colour."""

import os
import time

from hypothesis import settings

# Not UTC, and with two clock changes a year, so that a forgotten time zone fails a test (the C
# library reads this name without a time zone database). Set at import, before any test module
# or program started by one reads it.
os.environ["TZ"] = "EST5EDT"
time.tzset()

# A busy machine is slow, not wrong; pytest-timeout catches what hangs.
settings.register_profile("logtell", deadline=None)
settings.load_profile("logtell")

# What would change the agent or its output: systemd's variables, colour, folders.
SET_BY_THE_MACHINE = {
    "COLUMNS",
    "FORCE_COLOR",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LINES",
    "NOTIFY_SOCKET",
    "NO_COLOR",
    "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
}

for name in list(os.environ):
    # LOGTELL_SECTION__KEY overrides the configuration.
    if name in SET_BY_THE_MACHINE or (name.startswith("LOGTELL_") and "__" in name):
        del os.environ[name]
