"""The readings that are asked seldom, one call each, as far as the budget goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pynvml

from cockpit.devices.cadence import Count, Slow, rate_per_s, slow_due, slow_room
from cockpit.devices.nvml.calls import Calls
from cockpit.devices.nvml.processes import Processes
from cockpit.devices.nvml.questions import QUESTIONS
from cockpit.devices.nvml_fields import (
    BATCH,
    COUNTER_BYTES,
    SCOPE,
    Field,
    with_fields,
)
from cockpit.devices.sample import GpuSample, NvLink

VALUE_OF_TYPE: Final = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")
"""Where the value of a field lies, by nvmlValueType_t."""


class SlowReadings:
    """What is asked of one GPU besides the fast readings of each tick."""

    def __init__(self, calls: Calls, processes: Processes) -> None:
        self._calls = calls
        self._processes = processes
        self._asked: dict[Slow, float] = {}
        self._last_s = float("-inf")
        self._told: frozenset[Field] | None = None
        self._counts: dict[Field, Count] = {}
        self._next_link = 0
        self._links: dict[int, bool] = {}
        self._has_looked = False
        self.has_mig = False
        self.recovery_action = 0

    def take_mig_look(self) -> bool:
        """Return whether the MIG mode was asked since this was last called."""
        has_looked, self._has_looked = self._has_looked, False
        return has_looked

    def want_mig_look(self) -> None:
        """Ask the MIG mode as soon as there is room."""
        self._asked.pop(Slow.MIG_MODE, None)

    def forget(self) -> None:
        """Start anew, as after a GPU came back: its counters may have begun at 0."""
        self._asked.clear()
        self._counts.clear()

    def take(self, handle: object, sample: GpuSample, interval_s: float | None) -> GpuSample:
        """Return the sample with what was due and fitted in."""
        now_s = self._calls.clock()
        room = slow_room(interval_s, self._calls.made, now_s - self._last_s)
        before = sample
        for slow in slow_due(now_s, self._asked, lambda one: self._wants(one, before), room):
            self._asked[slow] = self._last_s = now_s
            sample = self._take_one(slow, handle, sample)
        return sample

    def _wants(self, slow: Slow, sample: GpuSample) -> bool:
        match slow:
            case Slow.MIG_MODE:
                return self._calls.can_ask(pynvml.nvmlDeviceGetMigMode)
            case Slow.FIELDS:
                return self._calls.can_ask(_batch)
            case Slow.PROCESS_SHARES:
                return bool(sample.processes) and self._processes.can_share
            case Slow.NVLINK_STATES:
                return self._can_ask_all_links(sample) is True
            case Slow.NVLINK_STATE:
                return self._can_ask_all_links(sample) is False
        question = QUESTIONS[slow]
        if question.instead_of is not None and not self._misses(question.instead_of):
            return False
        return self._calls.can_ask(question.call, *question.arguments)

    def _can_ask_all_links(self, sample: GpuSample) -> bool | None:
        """Return whether one call tells the state of all NVLinks; None where there is none."""
        if sample.nvlink is None:
            return None
        return self._calls.can_ask(_link_states, sample.nvlink.link_count)

    def _misses(self, field: Field) -> bool:
        """Return whether the batch does not tell a field; before the first batch: not known."""
        if not self._calls.can_ask(_batch):
            return True
        return self._told is not None and field not in self._told

    def _take_one(self, slow: Slow, handle: object, sample: GpuSample) -> GpuSample:
        match slow:
            case Slow.MIG_MODE:
                mode = self._calls.ask(pynvml.nvmlDeviceGetMigMode, handle)
                self._has_looked = True
                self.has_mig = bool(mode and mode[0] == pynvml.NVML_DEVICE_MIG_ENABLE)
                return sample
            case Slow.FIELDS:
                return self._take_fields(handle, sample)
            case Slow.PROCESS_SHARES:
                self._processes.read_shares(handle)
                return sample
            case Slow.NVLINK_STATES:
                return self._take_links(handle, sample)
            case Slow.NVLINK_STATE:
                return self._take_link(handle, sample)
        question = QUESTIONS[slow]
        return question.put(sample, self._calls.ask(question.call, handle, *question.arguments))

    def _take_fields(self, handle: object, sample: GpuSample) -> GpuSample:
        told = self._calls.ask(_batch, handle)
        if told is None:
            self._told = self._told or frozenset()
            return sample
        now_s = self._calls.clock()
        missing = (self._told or frozenset()) - told.keys()
        self._told = frozenset(told)
        rates: dict[Field, float | None] = {}
        for field, unit in COUNTER_BYTES.items():
            if field in told:
                count = Count(told[field] * unit, now_s)
                rates[field] = rate_per_s(self._counts.get(field), count)
                self._counts[field] = count
            elif field in missing:
                rates[field] = None
        self.recovery_action = int(told.get(Field.RECOVERY_ACTION, 0))
        return with_fields(sample, {**dict.fromkeys(missing), **told}, rates)

    def _take_links(self, handle: object, sample: GpuSample) -> GpuSample:
        link = sample.nvlink or NvLink()
        told = self._calls.ask(_link_states, handle, link.link_count)
        if told is None:
            return sample
        return replace(sample, nvlink=replace(link, active_count=sum(map(bool, told))))

    def _take_link(self, handle: object, sample: GpuSample) -> GpuSample:
        """Ask one link; their sum is told once each was asked."""
        link = sample.nvlink or NvLink()
        number_of_links = link.link_count or 1
        self._next_link %= number_of_links
        state = self._calls.ask(pynvml.nvmlDeviceGetNvLinkState, handle, self._next_link)
        self._links[self._next_link] = bool(state)
        self._next_link += 1
        if len(self._links) < number_of_links:
            return sample
        return replace(sample, nvlink=replace(link, active_count=sum(self._links.values())))


def _batch(handle: object) -> dict[Field, float]:
    return field_values(handle, [(field, SCOPE.get(field, 0)) for field in BATCH])


def _link_states(handle: object, link_count: int) -> list[float]:
    told = pynvml.nvmlDeviceGetFieldValues(
        handle, [(Field.NVLINK_STATE, link) for link in range(link_count)]
    )
    states = [_value(one) for one in told if _is_told(one)]
    if not states:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
    return states


_batch.__name__ = _link_states.__name__ = "nvmlDeviceGetFieldValues"


def field_values(handle: object, fields: Sequence[tuple[Field, int]]) -> dict[Field, float]:
    """Return those fields that this GPU tells; raises the driver's error for the whole call."""
    told = pynvml.nvmlDeviceGetFieldValues(handle, list(fields))
    return {Field(one.fieldId): _value(one) for one in told if _is_told(one)}


def _is_told(one: Any) -> bool:
    return bool(one.nvmlReturn == pynvml.NVML_SUCCESS and one.valueType < len(VALUE_OF_TYPE))


def _value(one: Any) -> float:
    return float(getattr(one.value, VALUE_OF_TYPE[one.valueType]))
