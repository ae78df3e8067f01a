from __future__ import annotations

from pathlib import Path

from cockpit.analysis.alerts.limits import Targets
from cockpit.cli.instrument_text import alert_lines, figure_lines, kwh, usage_line
from cockpit.runs.alert import Alert, AlertLevel
from cockpit.runs.gpu_figures import EnergySource, GpuFigures
from cockpit.runs.phase import Phase
from cockpit.runs.usage import RunUsage
from cockpit.units import GIB
from cockpit.views.run_view import RunView

TARGETS = Targets()


def view(*figures: GpuFigures, **more: object) -> RunView:
    known = {"gpu_figures": figures, **more}
    return RunView("r", "r", "p", Path(), Phase.RUNNING, 0.0, **known)  # type: ignore[arg-type]  # fields of a view


def gpu(index: int, utilization: float | None = 84.2) -> GpuFigures:
    return GpuFigures(
        gpu_index=index,
        gpu_uuid=f"GPU-{index}",
        name="RTX 2080",
        seconds=3600,
        mean_utilization_pct=utilization,
        mean_power_w=198.4,
        peak_memory_bytes=int(6.4 * GIB),
        memory_total_bytes=8 * GIB,
        peak_temperature_c=71,
        energy_j=1.2 * 3.6e6,
        energy_source=EnergySource.COUNTER,
    )


def test_one_gpu_has_one_line_with_what_a_healthy_training_reaches() -> None:
    assert figure_lines(view(gpu(0)), TARGETS) == [
        (
            "GPU 0",
            "util mean 84 % (target 90 to 95) · memory peak 6.4/8.0 GiB, 80 % (target 70 to 80)"
            " · 71° peak (target under 80) · 198 W mean · 1.2 kWh (counter)",
        )
    ]


def test_many_gpus_are_summed_up_and_the_first_eight_have_a_line() -> None:
    lines = figure_lines(view(*map(gpu, range(15)), gpu(15, 20.2)), TARGETS)
    assert [label for label, _ in lines] == ["all 16", *(f"GPU {n}" for n in range(8)), ""]
    assert "util mean 80 % (target 90 to 95)" in lines[0][1]
    assert "3,174 W mean · 19.2 kWh (counter)" in lines[0][1]
    assert "target" not in lines[1][1]
    assert lines[-1][1] == "… 8 more: cockpit show --json"


def test_what_simulated_gpus_did_is_labelled_so() -> None:
    lines = figure_lines(view(gpu(0), gpu(1), is_simulated=True), TARGETS)
    assert [text.split()[0] for _, text in lines] == ["SIMULATED"] * 3


def test_the_energy_says_what_it_rests_on_and_of_how_many() -> None:
    sampled = GpuFigures(1, "GPU-1", "x", 60, energy_j=7200, energy_source=EnergySource.SAMPLES)
    (label, both), *_ = figure_lines(view(gpu(0), sampled), TARGETS)
    assert (label, both.endswith("1.2 kWh (counter, from power readings)")) == ("all 2", True)
    silent = GpuFigures(1, "GPU-1", "x", 60)
    assert figure_lines(view(gpu(0), silent), TARGETS)[0][1].endswith("(counter, of 1 GPUs)")
    assert figure_lines(view(silent), TARGETS) == [("GPU 1", "")]
    assert (kwh(7200), kwh(90_000)) == ("2.0 Wh", "25 Wh")


def test_what_the_run_takes_is_one_line() -> None:
    usage = RunUsage(1.0, 18, 3.24, int(12.4 * GIB), 8, 2.1)
    assert usage_line(view(usage=usage)) == (
        "3.2 cores · 12.4 GiB · 18 processes · 8 loader workers (2.1 cores)"
    )
    first = RunUsage(1.0, 1, None, GIB, 0)
    assert usage_line(view(usage=first)) == "– cores · 1.0 GiB · 1 process"
    assert usage_line(view()) == ""


def test_an_alert_is_shown_with_what_to_try() -> None:
    alert = Alert("gpu.hot", AlertLevel.WARNING, "GPU 1", "91 °C for 2 min", "check fans", 0.0)
    assert alert_lines(view(alerts=(alert,))) == [
        ("warning", "GPU 1: 91 °C for 2 min"),
        ("  try", "check fans"),
    ]
