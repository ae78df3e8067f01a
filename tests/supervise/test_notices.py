from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.processes.identity import is_alive
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.supervise.notice_settings import ALL, NoticeSettings, Occasion, parse_notices
from tests.supervise.running import events, look, nothing_is_left, phase, start, wait_for
from tests.waiting import wait_until

WRITER = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"


def configure(text: str) -> None:
    locations.settings_file().write_text(f"[notices]\n{text}\n", encoding="utf-8")


def words_of(command: list[str]) -> str:
    return f"command = {json.dumps(command)}"


def wait_for_exit(paths: RunPaths) -> None:
    state = look(paths).state
    assert state is not None
    supervisor = state.supervisor
    assert supervisor is not None
    wait_until(lambda: not is_alive(supervisor))


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """An address on loopback, and what was posted to it."""
    posted: list[dict[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", posted
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_command_is_told_how_a_run_ended(home: Path) -> None:
    said = home / "said.json"
    configure(words_of([sys.executable, "-c", WRITER, str(said)]))
    paths = start(raises="true")
    wait_until(said.exists)
    wait_for_exit(paths)
    notice = json.loads(said.read_text())
    assert (notice["event"], notice["phase"], notice["run_id"]) == (
        "failed",
        "failed",
        paths.run_id,
    )
    assert "the images are upside down" in notice["summary"]


def test_a_webhook_gets_the_same_as_json(
    home: Path, hook: tuple[str, list[dict[str, object]]]
) -> None:
    address, posted = hook
    configure(f'webhook = "{address}"')
    paths = start()
    wait_until(lambda: bool(posted))
    wait_for_exit(paths)
    assert posted[0]["event"] == "ended"
    assert posted[0]["phase"] == "succeeded"


def test_a_hook_that_fails_or_hangs_never_touches_the_run(home: Path) -> None:
    configure('webhook = "http://127.0.0.1:1/"\n' + words_of(["/nowhere/at/all"]))
    paths = start()
    wait_for(paths, Phase.SUCCEEDED)
    wait_for_exit(paths)
    said = paths.supervisor_log.read_text()
    assert "notice not sent: /nowhere/at/all: No such file or directory" in said
    assert "notice not sent: webhook:" in said
    assert nothing_is_left(paths)


def test_only_what_is_wanted_is_told(home: Path) -> None:
    said = home / "said.json"
    configure('on = ["failed"]\n' + words_of([sys.executable, "-c", WRITER, str(said)]))
    paths = start()
    wait_for(paths, Phase.SUCCEEDED)
    wait_for_exit(paths)
    assert not said.exists()


def test_a_silent_job_is_noticed_and_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = home / "said.json"
    configure('on = ["needs-you"]\n' + words_of([sys.executable, "-c", WRITER, str(said)]))
    monkeypatch.setenv("COCKPIT_QUIET_S", "1")
    paths = start(hang="true")
    wait_until(said.exists)
    assert phase(paths) is Phase.RUNNING
    assert '"kind":"quiet"' in events(paths)
    assert "it may hang" in json.loads(said.read_text())["summary"]
    from cockpit.supervise.start import ask_to_stop

    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    wait_for_exit(paths)


def test_settings_that_are_wrong_are_named_and_count_as_not_given() -> None:
    table = {"command": "notify-send", "webhook": "ftp://x", "on": ["faild"], "wehbook": ""}
    settings, problems = parse_notices(table, {})
    assert settings == NoticeSettings()
    assert problems == (
        "notices.command: must be a list of texts",
        "notices.webhook: must be an address that begins with https:// or http://",
        "notices.on: 'faild' is not one of ended, failed, needs-you",
        "notices.wehbook: no such key (did you mean webhook?)",
    )


def test_the_environment_goes_before_the_file() -> None:
    environ = {"COCKPIT_NOTICE_COMMAND": "say 'a run' {phase}", "COCKPIT_NOTICE_WEBHOOK": ""}
    settings, _ = parse_notices({"webhook": "https://x"}, environ)
    assert settings == NoticeSettings(("say", "a run", "{phase}"), None, ALL)
    assert settings.wants(Occasion.ENDED)
