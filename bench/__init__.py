"""How long cockpit takes to answer on this machine. Run with `make bench`."""
