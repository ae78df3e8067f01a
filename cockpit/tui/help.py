"""The help of a screen, gathered from the bindings that act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.binding import ActiveBinding, Binding

from cockpit.tui.screens.help import HelpLine


def help_lines(
    active: Iterable[ActiveBinding], display: Callable[[Binding], str]
) -> tuple[HelpLine, ...]:
    """Return one line for each action of ours, its keys together.

    Every binding of ours has an id; of Textual's own only the palette's key matters here.
    """
    keys: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for entry in active:
        binding = entry.binding
        words = binding.tooltip or binding.description
        is_ours = binding.id is not None or binding.action == "command_palette"
        if entry.enabled and words and is_ours:
            keys.setdefault(binding.action, []).append(display(binding))
            texts[binding.action] = words
    return tuple(HelpLine(" ".join(dict.fromkeys(keys[action])), texts[action]) for action in keys)
