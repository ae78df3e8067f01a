from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from diagnostics.checks import cluster, login, paths, ports
from diagnostics.checks.cluster import Slurm, Tpu
from diagnostics.checks.login import Login
from diagnostics.checks.paths import Places
from diagnostics.checks.ports import Port
from diagnostics.emit import NOTE, OK, WARNING


class TestPorts:
    def test_a_taken_port_names_who_holds_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            monkeypatch.setenv("MASTER_PORT", str(server.getsockname()[1]))
            port = ports.read_port()
        assert port.is_taken and port.is_exported
        assert f"(pid {os.getpid()}, " in port.holder
        assert ports.judge_port(port).level == WARNING
        assert not ports.read_port().is_taken

    def test_a_hidden_process_is_known_by_its_user(self, tmp_path: Path) -> None:
        (tmp_path / "net").mkdir()
        line = "0: 00000000:733C 00000000:0000 0A 0:0 0:0 0 0 0 4711 1"
        (tmp_path / "net" / "tcp").write_text(f"  sl local\n {line}\n")
        assert ports.find_holder(29500, tmp_path) == "a process of root"
        assert ports.find_holder(29501, tmp_path) == ""

    @pytest.mark.parametrize(
        ("port", "level"),
        [
            (Port(29500, False, ephemeral=(32768, 60999)), OK),
            (Port(29500, False, ephemeral=(10240, 65535)), NOTE),
            (Port(29500, True, holder="python (pid 1, ada)"), NOTE),
            (Port(29600, True, is_exported=True), WARNING),
        ],
    )
    def test_the_port_of_torchrun(self, port: Port, level: str) -> None:
        finding = ports.judge_port(port)
        assert finding.level == level
        assert (finding.remedy is None) == (level == OK)
        assert port.holder in finding.what

    def test_no_proc_is_no_range(self, tmp_path: Path) -> None:
        assert ports.read_ephemeral(tmp_path) is None


class TestLogin:
    def root(self, folder: Path, **files: str) -> Path:
        (folder / "run/systemd/system").mkdir(parents=True)
        for name, text in files.items():
            file = (
                folder
                / {
                    "main": "etc/systemd/logind.conf",
                    "drop": "etc/systemd/logind.conf.d/10-kill.conf",
                    "linger": "var/lib/systemd/linger/ada",
                }[name]
            )
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return folder

    def test_without_systemd_nothing_is_said(self, tmp_path: Path) -> None:
        assert login.judge_login(login.read_login(tmp_path, "ada")) == []

    def test_by_default_processes_are_left_alone(self, tmp_path: Path) -> None:
        found = login.read_login(self.root(tmp_path, main="#KillUserProcesses=yes\n"), "ada")
        (finding,) = login.judge_login(found)
        assert finding.level == OK

    def test_a_drop_in_wins_and_is_named(self, tmp_path: Path) -> None:
        files = {"main": "KillUserProcesses=no\n", "drop": "[Login]\nKillUserProcesses = yes\n"}
        found = login.read_login(self.root(tmp_path, **files), "ada")
        assert found is not None and found.kills
        (finding,) = login.judge_login(found)
        assert (finding.level, "10-kill.conf" in finding.what) == (WARNING, True)
        assert "loginctl enable-linger ada" in (finding.remedy or "")

    @pytest.mark.parametrize(
        ("user", "more", "kills"),
        [
            ("root", "", False),
            ("ada", "KillExcludeUsers=ada", False),
            ("ada", "KillOnlyUsers=bob", False),
            ("bob", "KillOnlyUsers=bob", True),
        ],
    )
    def test_some_users_are_spared(self, tmp_path: Path, user: str, more: str, kills: bool) -> None:
        root = self.root(tmp_path, main=f"KillUserProcesses=yes\n{more}\n")
        found = login.read_login(root, user)
        assert found is not None and found.kills is kills

    def test_lingering_alone_saves_nothing_but_needs_no_command(self, tmp_path: Path) -> None:
        root = self.root(tmp_path, main="KillUserProcesses=yes\n", linger="")
        found = login.read_login(root, "ada")
        assert found == Login("ada", True, True, str(root / "etc/systemd/logind.conf"))
        (finding,) = login.judge_login(found)
        assert "enable-linger" not in (finding.remedy or "")


class TestPaths:
    def test_a_library_of_the_users_own_is_told(self) -> None:
        places = Places(
            "/envs/train",
            user_site="/home/ada/.local/lib/python3.11/site-packages",
            found={
                "numpy": "/home/ada/.local/lib/python3.11/site-packages/numpy",
                "torch": "/envs/train/lib/python3.11/site-packages/torch",
            },
        )
        (finding,) = paths.judge_strangers(places)
        assert finding.level == WARNING
        assert finding.what.startswith("numpy comes from /home/ada")
        assert "torch" not in finding.what

    def test_python_path_is_really_looked_into(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "ultralytics").mkdir()
        (tmp_path / "ultralytics" / "__init__.py").write_text("")
        monkeypatch.syspath_prepend(str(tmp_path))
        found = paths.read_places({"PYTHONPATH": str(tmp_path)})
        (finding,) = paths.judge_strangers(found)
        assert str(tmp_path / "ultralytics") in finding.what

    @pytest.mark.parametrize(
        ("places", "level"),
        [
            (Places("/venv", venv="/venv"), OK),
            (Places("/conda", conda="/conda"), OK),
            (Places("/venv", venv="/venv", conda="/conda"), NOTE),
            (Places("/usr", venv="/venv"), NOTE),
            (Places("/usr"), OK),
        ],
    )
    def test_two_environments_at_once_are_noted(self, places: Places, level: str) -> None:
        assert paths.judge_environment(places).level == level

    def test_cuda_libraries_of_somebody_else_are_noted(self, tmp_path: Path) -> None:
        (tmp_path / "libcudnn.so.8").write_text("")
        found = paths.read_places({"LD_LIBRARY_PATH": f"/nonexistent:{tmp_path}"})
        assert found.cuda_libraries == (str(tmp_path / "libcudnn.so.8"),)
        (finding,) = paths.judge_cuda_path(found._replace(found={"torch": "/x"}))
        assert (finding.level, "libcudnn.so.8" in finding.what) == (NOTE, True)
        assert paths.judge_cuda_path(found._replace(found={})) == []


class TestCluster:
    def test_slurm_is_told_only_where_it_is(self, tmp_path: Path) -> None:
        assert cluster.judge_slurm(cluster.read_slurm({"PATH": str(tmp_path)})) == []
        (tmp_path / "sbatch").write_text("#!/bin/sh\n")
        (tmp_path / "sbatch").chmod(0o755)
        (login_node,) = cluster.judge_slurm(cluster.read_slurm({"PATH": str(tmp_path)}))
        assert login_node.level == NOTE
        (job,) = cluster.judge_slurm(Slurm(True, "4711", "gpu03"))
        assert (job.level, job.what) == (OK, "inside Slurm job 4711 on gpu03")

    @pytest.mark.parametrize(
        ("tpu", "level"),
        [
            (Tpu(("/dev/accel0",), "2.9.0", None, None), NOTE),
            (Tpu(("/dev/accel0",), "2.9.0+cpu", "2.9.0", "0.0.21"), OK),
            (Tpu((), "2.13.0", "2.9.0", None), WARNING),
            (Tpu(("/dev/accel0",), "2.9.1", "2.9.0", None), WARNING),
        ],
    )
    def test_tpu_libraries(self, tpu: Tpu, level: str) -> None:
        (finding,) = cluster.judge_tpu(tpu, "pip")
        assert finding.level == level

    def test_where_there_is_no_tpu_nothing_is_said(self, tmp_path: Path) -> None:
        assert cluster.judge_tpu(Tpu(cluster.read_tpu_nodes(tmp_path), "2.9"), "pip") == []
