"""Small logs with the events and metrics that come of them."""
