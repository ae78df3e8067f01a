"""Textual's stylesheet, which is parsed again only when a colour changed."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class SteadyStylesheet(Stylesheet):
    """Keeps its rules: Textual parses all of them for every screen that opens, some 60 ms each."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parsed_with = variables

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take the colours of a theme."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse again what was parsed with other colours; what is new is parsed as it is used."""
        if self._parsed_with != self._variables:
            super().reparse()
            self._parsed_with = self._variables
