"""Everything that touches the world: files, clocks, sockets, terminals."""

__version__ = "0.1.0"
