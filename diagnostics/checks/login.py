"""Does a training outlive the SSH session that started it?"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from diagnostics.emit import OK, WARNING, Finding

ROOT = Path("/")
CONFIG_FOLDERS = ("usr/lib/systemd", "run/systemd", "etc/systemd")
"""Later ones win; logind.conf.d/*.conf win over logind.conf (logind.conf(5))."""
KEEPERS = ("root",)
"""KillExcludeUsers where nothing is said."""


class Login(NamedTuple):
    """What systemd-logind does when somebody logs out."""

    user: str
    kills: bool
    """KillUserProcesses, for this user."""
    lingers: bool
    source: str = ""
    """The file that says so."""


def read_login(root: Path = ROOT, user: str | None = None) -> Login | None:
    """Return what happens at logout, or None where systemd does not run the machine."""
    if not (root / "run/systemd/system").is_dir():
        return None
    user = user or _own_name()
    settings, source = _read_settings(root)
    kills = settings.get("KillUserProcesses", "no").lower() in ("yes", "true", "1", "on")
    only = settings.get("KillOnlyUsers", "").split()
    spared = settings.get("KillExcludeUsers", " ".join(KEEPERS)).split()
    is_meant = user in only if only else user not in spared
    lingers = (root / "var/lib/systemd/linger" / user).exists()
    return Login(user, kills and is_meant, lingers, source)


def judge_login(login: Login | None) -> list[Finding]:
    """Say whether processes are left alone at logout; nothing where nobody would end them."""
    if login is None:
        return []
    code = "login.linger"
    if not login.kills:
        return [Finding(OK, code, "processes outlive a logout (KillUserProcesses=no)")]
    what = f"logind ends all processes of a session at logout (KillUserProcesses, {login.source})"
    start = "start with: systemd-run --user --scope cockpit run PRESET"
    if login.lingers:
        return [Finding(WARNING, code, what + f"; {login.user} may linger", start)]
    return [Finding(WARNING, code, what, f"loginctl enable-linger {login.user}; then {start}")]


def _read_settings(root: Path) -> tuple[dict[str, str], str]:
    folders = [root / folder for folder in CONFIG_FOLDERS]
    files = [folder / "logind.conf" for folder in folders]
    for folder in folders:
        files += sorted((folder / "logind.conf.d").glob("*.conf"))
    settings = {}
    source = ""
    for file in files:
        try:
            lines = file.read_text(errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            name, mark, value = line.strip().partition("=")
            if mark and not name.startswith(("#", ";")):
                settings[name.strip()] = value.strip()
                source = str(file) if name.strip() == "KillUserProcesses" else source
    return settings, source


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
