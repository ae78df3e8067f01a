from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.launch.interpreter import find_python


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real environment with a module, a broken package, and a torch that says its version."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    packages = next((folder / "lib").glob("python3*/site-packages"))
    (packages / "only_here.py").write_text("raise SystemExit('imported')")
    (packages / "left_over").mkdir()
    (packages / "torch").mkdir()
    (packages / "torch" / "__init__.py").write_text("raise SystemExit('imported')")
    metadata = packages / "torch-2.9.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.9.1\n")
    return folder


def environ(**variables: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"} | {
        name: str(value) for name, value in variables.items()
    }


def test_the_active_venv_comes_first(venv: Path) -> None:
    found = find_python("auto", ["json"], environ(VIRTUAL_ENV=venv))
    assert (found.path.parent.parent, found.reason) == (venv, "active venv")
    assert found.version == ".".join(map(str, sys.version_info[:3]))


def test_then_the_active_conda_environment(venv: Path) -> None:
    found = find_python("auto", ["json"], environ(CONDA_PREFIX=venv))
    assert found.reason == "active conda environment"


def test_then_our_own(venv: Path) -> None:
    found = find_python("auto", ["typer"], environ(VIRTUAL_ENV=venv))
    assert (found.path, found.reason) == (Path(sys.executable), "cockpit's own")


def test_modules_are_found_without_importing_them(venv: Path) -> None:
    found = find_python("auto", ["only_here", "torch"], environ(VIRTUAL_ENV=venv))
    assert (found.reason, found.torch) == ("active venv", "2.9.1")


def test_one_that_has_no_torch_has_none(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    assert find_python(str(tmp_path), [], environ()).torch is None


def test_a_torch_without_metadata_tells_its_version_in_its_file(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    packages = next((tmp_path / "lib").glob("python3*/site-packages"))
    (packages / "torch").mkdir()
    (packages / "torch" / "__init__.py").write_text("")
    (packages / "torch" / "version.py").write_text("__version__ = '1.13.1+cu117'\n")
    assert find_python(str(tmp_path), ["torch"], environ()).torch == "1.13.1+cu117"


def test_the_current_folder_is_not_searched(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "near_by.py").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EnvironmentNotFit):
        find_python(str(venv), ["near_by"], environ())


def test_a_folder_left_over_is_no_module(venv: Path) -> None:
    with pytest.raises(EnvironmentNotFit, match="has no left_over"):
        find_python(str(venv), ["left_over"], environ())


def test_none_fits_and_each_lack_is_listed(venv: Path) -> None:
    with pytest.raises(EnvironmentNotFit) as caught:
        find_python("auto", ["only_here", "no_such_module"], environ(VIRTUAL_ENV=venv))
    error = caught.value
    assert error.exit_code == 3
    first, *lacks = error.problem.splitlines()
    assert first == "no Python here has only_here, no_such_module:"
    assert lacks[0].endswith("(active venv) has no no_such_module")
    assert lacks[1].endswith("(cockpit's own) has no only_here, no_such_module")
    assert "-m pip install no_such_module torch==2.9.1" in error.remedy
    assert "conda:NAME" in error.remedy


def test_a_path_a_folder_a_home_and_a_name_are_choices(venv: Path) -> None:
    python = venv / "bin" / "python"
    home = {**environ(), "HOME": str(venv.parent), "PATH": str(venv / "bin")}
    for choice in (str(python), str(venv), f"~/{venv.name}/bin/python", "python"):
        found = find_python(choice, ["only_here"], home)
        assert (found.path, found.reason) == (python, "--python")


def test_a_conda_environment_is_a_choice(venv: Path, tmp_path: Path) -> None:
    root = tmp_path / "miniconda3"
    (root / "conda-meta").mkdir(parents=True)
    (root / "envs").mkdir()
    (venv / "conda-meta").mkdir(exist_ok=True)
    (root / "envs" / "yolo").symlink_to(venv)
    found = find_python("conda:yolo", ["only_here"], {**environ(), "HOME": str(tmp_path)})
    assert (found.reason, found.torch) == ("conda:yolo", "2.9.1")


@pytest.mark.parametrize("choice", ["/nonexistent/python", "no-such-python", "conda:nothing"])
def test_a_choice_that_does_not_exist_is_wrong_input(choice: str) -> None:
    with pytest.raises(InputError) as caught:
        find_python(choice, [], environ())
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("#!/bin/sh\necho hello\n", "is no Python 3"),
        ("#!/bin/sh\nexit 0\n", "is no Python 3"),
        ("#!/bin/sh\necho '[1, 2]'\n", "is no Python 3"),
        ("#!/nonexistent/interpreter\n", "cannot be started"),
    ],
)
def test_a_file_that_is_no_python_is_not_fit(tmp_path: Path, program: str, words: str) -> None:
    impostor = tmp_path / "python"
    impostor.write_text(program)
    impostor.chmod(0o755)
    with pytest.raises(EnvironmentNotFit, match=words):
        find_python(str(impostor), [], environ())


def test_a_python_that_is_too_old_says_so(tmp_path: Path) -> None:
    old = tmp_path / "python"
    answer = (
        '{"executable": "/o", "installer": "pip", "version": [3, 7, 16],'
        ' "torch": null, "missing": []}'
    )
    old.write_text(f"#!/bin/sh\necho '{answer}'\n")
    old.chmod(0o755)
    with pytest.raises(EnvironmentNotFit, match=r"is Python 3\.7\.16, 3\.8 or newer is needed"):
        find_python(str(old), [], environ())


def test_what_an_interpreter_prints_at_its_start_does_not_disturb(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    packages = next((tmp_path / "lib").glob("python3*/site-packages"))
    (packages / "noise.pth").write_text("import sys; sys.stdout.write('welcome')\n")
    assert find_python(str(tmp_path), ["json"], environ()).version


def test_an_active_venv_that_was_deleted_is_passed_over(tmp_path: Path) -> None:
    found = find_python("auto", ["json"], environ(VIRTUAL_ENV=tmp_path / "gone"))
    assert found.reason == "cockpit's own"


def torch_in(folder: Path, about: str, launcher: str = "") -> Path:
    """Make a real environment with a torch that has these two files, and nothing to import."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    torch = next((folder / "lib").glob("python3*/site-packages")) / "torch"
    (torch / "distributed").mkdir(parents=True)
    (torch / "__init__.py").write_text("raise SystemExit('imported')")
    (torch / "version.py").write_text(about)
    (torch / "distributed" / "run.py").write_text(launcher)
    return folder


@pytest.mark.parametrize(
    ("about", "cuda"),
    [
        ("cuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n", "12.8"),
        ("__version__ = '1.13.1'\ncuda = '11.7'\n", "11.7"),
        ("cuda: Optional[str] = None\nhip: Optional[str] = '6.4.43483'\n", "ROCm 6.4.43483"),
        ("cuda: Optional[str] = None\nhip: Optional[str] = None\n", "none"),
        ("__version__ = '2.13.0'\n", None),
    ],
)
def test_what_torch_was_built_for_is_read_and_not_imported(
    tmp_path: Path, about: str, cuda: str | None
) -> None:
    assert find_python(str(torch_in(tmp_path, about)), ["torch"], environ()).cuda == cuda


def test_the_flags_of_torchrun_are_read_in_both_spellings(tmp_path: Path) -> None:
    old = 'parser.add_argument("--log_dir")\nparser.add_argument("--tee")\n'
    new = 'parser.add_argument(\n    "--signals-to-handle",\n    "--signals_to_handle")\n'
    found = find_python(str(torch_in(tmp_path / "old", "", old)), [], environ())
    assert found.flags == ("--log-dir", "--tee")
    found = find_python(str(torch_in(tmp_path / "new", "", new)), [], environ())
    assert found.flags == ("--signals-to-handle",)


def test_xla_is_found_by_its_distributions_name(tmp_path: Path) -> None:
    folder = torch_in(tmp_path, "")
    packages = next((folder / "lib").glob("python3*/site-packages"))
    (packages / "torch_tpu").mkdir()
    (packages / "torch_tpu" / "__init__.py").write_text("")
    metadata = packages / "torch_xla-2.9.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: torch_xla\nVersion: 2.9.0\n")
    found = find_python(str(folder), [], environ())
    assert found.distributions == {"torch_xla": "2.9.0"}


def test_an_interpreter_that_breaks_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'Fatal Python error: no module encodings' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(EnvironmentNotFit, match="no Python 3 that works: Fatal Python error"):
        find_python(str(broken), [], environ())


def test_what_an_interpreter_prints_at_its_end_does_not_disturb(tmp_path: Path) -> None:
    folder = torch_in(tmp_path, "")
    packages = next((folder / "lib").glob("python3*/site-packages"))
    noise = "import atexit; atexit.register(print, 'bye {}')\n"
    (packages / "noise.pth").write_text(noise)
    assert find_python(str(folder), ["json"], environ()).version


def test_a_folder_whose_python_has_only_its_longer_name(venv: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    assert find_python(str(tmp_path), ["json"], environ()).path.name == "python3"
    with pytest.raises(InputError, match="no Python at"):
        find_python(str(tmp_path / "bin"), [], environ())


def test_a_conda_environment_without_a_python_says_so(tmp_path: Path) -> None:
    (tmp_path / "miniconda3" / "envs" / "tools" / "conda-meta").mkdir(parents=True)
    (tmp_path / "miniconda3" / "conda-meta").mkdir()
    with pytest.raises(EnvironmentNotFit, match=r"tools/bin/python \(conda:tools\) does not exist"):
        find_python("conda:tools", [], {**environ(), "HOME": str(tmp_path)})


def test_a_python_home_of_ours_disturbs_no_other_python(venv: Path) -> None:
    found = find_python(str(venv), ["only_here"], {**environ(), "PYTHONHOME": "/nonexistent"})
    assert found.reason == "--python"
