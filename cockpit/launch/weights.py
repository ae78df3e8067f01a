"""`{best:RUN}` and `{last:RUN}`: what an earlier run left, named in a preset. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cockpit.launch.placeholders import OF_RUN
from cockpit.presets.model import ArgValue, DerivedFile, Preset, Scalar

FindWeights = Callable[[str, str], str]
"""From `best` or `last` and the word that names the run to the path."""


def fill_weights(text: str, find: FindWeights) -> str:
    """Return `text` with the weights of other runs filled in."""
    return OF_RUN.sub(lambda match: find(match[1], match[2]), text)


def with_weights(preset: Preset, find: FindWeights) -> Preset:
    """Return the preset with them filled in, in arguments, settings, variables and words."""
    launch = preset.launch
    return replace(
        preset,
        args=_filled(preset.args, find),
        env={name: fill_weights(text, find) for name, text in preset.env.items()},
        config=_changed(preset.config, find),
        data=_changed(preset.data, find),
        launch=replace(
            launch, positional=tuple(fill_weights(word, find) for word in launch.positional)
        ),
    )


def _changed(derived: DerivedFile | None, find: FindWeights) -> DerivedFile | None:
    return derived and replace(derived, set=_filled(derived.set, find))


def _filled(values: Mapping[str, ArgValue], find: FindWeights) -> dict[str, ArgValue]:
    return {name: _fill_value(value, find) for name, value in values.items()}


def _fill_value(value: ArgValue, find: FindWeights) -> ArgValue:
    if isinstance(value, tuple):
        return tuple(_fill_scalar(item, find) for item in value)
    return _fill_scalar(value, find)


def _fill_scalar(value: Scalar, find: FindWeights) -> Scalar:
    return fill_weights(value, find) if isinstance(value, str) else value
