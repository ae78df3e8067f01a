"""An input that acts on its keys in the order in which they came."""

from __future__ import annotations

from textual.events import Key
from textual.widgets import Input


class OrderedInput(Input):
    """Acts on its own keys at once.

    Textual sends a key that is no letter up to the app first, and acts when it comes back. Of keys
    that come in one burst a later letter is taken before, and a backspace deletes that letter.
    """

    async def _on_key(self, event: Key) -> None:
        own = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if own is not None and own.node is self and own.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(own.binding.action, self)
