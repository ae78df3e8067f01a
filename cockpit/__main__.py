"""`python -m cockpit` is `cockpit`."""

from cockpit.cli.main import main

main()
