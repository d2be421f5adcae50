"""Rules before a start: each obstacle is one sentence that names the fix."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from app.demo_checks import DemoError, check_disk, check_ports, only_demo
from app.settings import Settings
from tests.ports import free_port


def make_settings(tmp_path: Path, **overrides: Any) -> Settings:
    ports = {
        "rasa_port": free_port(),
        "actions_port": free_port(),
        "public_port": free_port(),
        "internal_port": free_port(),
    }
    return Settings.read(**{"var_dir": tmp_path, **ports, **overrides})


def sentence_of(caught: pytest.ExceptionInfo[DemoError]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_free_ports_are_fine(tmp_path: Path):
    check_ports(make_settings(tmp_path))


def test_a_taken_port_names_its_holder_and_the_variable(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        with pytest.raises(DemoError) as caught:
            check_ports(make_settings(tmp_path, public_port=number))
    text = sentence_of(caught)
    assert str(number) in text
    assert "SOTONG_PUBLIC_PORT=" in text
    assert f"process {os.getpid()}" in text


def test_a_port_that_only_waits_out_its_last_connection_is_free(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", number)) as client:
            connection, _ = server.accept()
            connection.close()
            client.recv(1)
    check_ports(make_settings(tmp_path, public_port=number))


def test_one_port_given_twice_is_refused(tmp_path: Path):
    port = free_port()
    with pytest.raises(DemoError) as caught:
        check_ports(make_settings(tmp_path, public_port=port, internal_port=port))
    assert "SOTONG_INTERNAL_PORT" in sentence_of(caught)


def test_an_address_of_another_machine_is_refused(tmp_path: Path):
    with pytest.raises(DemoError) as caught:
        check_ports(make_settings(tmp_path, public_host="192.0.2.1"))
    assert "SOTONG_PUBLIC_HOST" in sentence_of(caught)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = make_settings(tmp_path)
    settings.run_dir.mkdir()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=200_000_000))
    with pytest.raises(DemoError) as caught:
        check_disk(settings)
    assert "200 MB" in sentence_of(caught)


def test_a_second_demo_is_told_where_the_first_one_is(tmp_path: Path):
    settings = make_settings(tmp_path)
    with only_demo(settings):
        with pytest.raises(DemoError) as caught, only_demo(settings):
            pass
        text = sentence_of(caught)
        assert settings.public_url in text
        assert f"kill {os.getpid()}" in text
    with only_demo(settings):
        pass


def test_a_demo_that_was_killed_is_no_obstacle(tmp_path: Path):
    settings = make_settings(tmp_path)
    settings.run_dir.mkdir()
    (settings.run_dir / "demo.pid").write_text("999999\n")
    (settings.run_dir / "demo.lock").write_text("")
    with only_demo(settings):
        assert (settings.run_dir / "demo.pid").read_text() == f"{os.getpid()}\n"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    settings = make_settings(tmp_path, var_dir=tmp_path / "file" / "var")
    with pytest.raises(DemoError) as caught, only_demo(settings):
        pass
    assert "SOTONG_VAR_DIR" in sentence_of(caught)
