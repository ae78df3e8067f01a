from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from cockpit.locations import shipped_presets_dir

CHECKOUT = Path(__file__).resolve().parent.parent
DISTRIBUTION = {
    "pynvml": "nvidia-ml-py",
    "yaml": "pyyaml",
    "rich": "textual",
    "google": "tensorboard",
}
"""Module to the dependency that brings it, where the names differ: Textual is made of Rich."""
OPTIONAL = {"pandas", "matplotlib", "tensorboard"}
SHIPPED = ("quickstart.toml", "quickstart/train.py", "yolo-shapes.toml", "yolo-shapes/shapes.py")

needs_hatchling = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None, reason="hatchling is not installed here"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of what is needed for it, without the network."""
    source = tmp_path_factory.mktemp("source")
    junk = shutil.ignore_patterns("__pycache__")
    for name in ("cockpit", "diagnostics", "presets"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=junk)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", target, source], check=True, capture_output=True)
    (built,) = target.glob("*.whl")
    return built


@needs_hatchling
def test_the_wheel_ships_the_presets_and_not_inside_the_code(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {f"cockpit/shipped/{name}" for name in SHIPPED} <= names
    assert not [name for name in names if name.startswith(("presets/", "tests/", "bench/"))]
    assert not [name for name in names if name.startswith("cockpit/presets/") and ".toml" in name]
    assert {"cockpit/tui/cockpit.tcss", "diagnostics/__main__.py"} <= names
    assert "cockpit/catalog/catalog.toml" in names


@needs_hatchling
def test_an_installed_cockpit_finds_its_shipped_presets(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "from cockpit.locations import shipped_presets_dir as d; print(d())"

    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert Path(found.stdout.strip()) == tmp_path / "cockpit" / "shipped"


def test_a_checkout_uses_the_presets_beside_the_code() -> None:
    assert shipped_presets_dir() == CHECKOUT / "presets"
    assert not (CHECKOUT / "cockpit" / "shipped").exists()
    assert not list((CHECKOUT / "cockpit" / "presets").glob("*.toml"))


def test_everything_that_is_installed_by_name_is_pinned() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    wanted = {_name(text) for text in [*project["dependencies"], *extras]}
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    pinned = {_name(line) for line in lines if "==" in line and not line.startswith("#")}

    assert wanted <= pinned
    assert "torch==2.13.0" in lines


def test_what_cockpit_imports_is_what_it_depends_on() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    declared = {_name(text) for text in project["dependencies"]}
    imported = {
        module
        for file in (CHECKOUT / "cockpit").rglob("*.py")
        for module in _imported_modules(ast.parse(file.read_text()))
        if module not in {*sys.stdlib_module_names, "cockpit"}
    }

    assert {DISTRIBUTION.get(module, module) for module in imported} <= declared | OPTIONAL


def _imported_modules(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.split(".", 1)[0] for name in names}


def _name(requirement: str) -> str:
    for sign in "<>=!~[; ":
        requirement = requirement.split(sign, maxsplit=1)[0]
    return requirement.lower().replace("_", "-")
