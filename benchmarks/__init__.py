"""What measures logtell beside its peers; `make bench` runs it."""
