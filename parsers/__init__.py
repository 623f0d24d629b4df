"""Bytes of logs to batches of typed events: pure, without clock, I/O, logging or async."""

import os

# Nothing here uses BLAS, but importing numpy starts its threads: 210 ms of CPU instead of 110 ms
# (measured with numpy 2.4.6 on two cores), and memory for each of them. Must come before numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
