"""The kill matrix sees what is wrong, and is not itself what is wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.models.conversation import Delivery
from tests.journeys.kill_checks import faults_of_order
from tests.journeys.kill_citizens import TimedTalk
from tests.journeys.officers import PressedAgain
from tests.peers.telegram_sim import Seen

FORM = b"token=1"
DECIDED = [Delivery(provider_ids=["11"]), Delivery(provider_ids=["12", "13"])]


def chat(*messages: tuple[int, str]) -> list[Seen]:
    return [Seen(number, "text", text=text) for number, text in messages]


@pytest.mark.parametrize(
    "said",
    [
        chat((11, "어디인가요?"), (12, "접수했어요"), (13, "더 있어요")),
        # Its process died when it was out: the copy comes first, the recorded one right after it.
        chat((10, "어디인가요?"), (11, "어디인가요?"), (12, "접수했어요"), (13, "더 있어요")),
        chat(
            (9, "어디인가요?"), (10, "어디인가요?"), (11, "어디인가요?"), (12, "접수"), (13, "더")
        ),
    ],
)
def test_messages_in_their_order_are_no_fault_nor_is_a_copy_before_its_own(said) -> None:
    assert list(faults_of_order(said, DECIDED)) == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (chat((12, "접수"), (11, "어디"), (13, "더")), "another order"),
        # A copy of what had been answered long ago.
        (chat((11, "어디"), (12, "접수"), (14, "어디"), (13, "더")), "no copy of the next"),
        (chat((11, "어디"), (12, "접수"), (13, "더"), (14, "더")), "no copy of the next"),
    ],
)
def test_another_order_and_a_stray_message_are_faults(said, fault) -> None:
    (found,) = faults_of_order(said, DECIDED)
    assert fault in found


class LatePage:
    """A web chat that says "it takes a moment"; the answer comes right after that page was read."""

    def __init__(self) -> None:
        self.answered = False
        self._pages = [["조금 걸려요"], ["접수했어요"], []]

    def answers(self, *, wait: float) -> Iterator[dict[str, Any]]:
        yield from ({"text": text} for text in self._pages.pop(0))
        self.answered = True


def test_an_answer_that_comes_right_after_the_page_was_read_is_not_missed(monkeypatch) -> None:
    page: Any = LatePage()
    talk = TimedTalk(page, database=page)
    monkeypatch.setattr(talk, "_is_answered", lambda: page.answered)
    assert talk.hear(wait=20.0) == ["조금 걸려요", "접수했어요"]


def test_an_officer_presses_again_until_the_page_is_whole() -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    answers = [b"", begun + b"n", begun + b"ok"]
    forms: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection, connection.makefile("rb") as asked:
                    while asked.readline().strip():
                        pass
                    forms.append(asked.read(len(FORM)))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with httpx.Client(transport=PressedAgain(patience=20.0), trust_env=False) as browser:
            assert browser.post(url, content=FORM).text == "ok"
        thread.join()
    assert forms == [FORM] * 3
