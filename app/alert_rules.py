"""What counts as trouble, as a table of rules with words for Korean operators. Must tell nobody itself."""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from sqlalchemy import func, select

from app.audit_log import anchor_file, anchor_keys, verify_audit
from app.backup import last_backup
from app.demo_programs import answers
from app.wiring import Parts
from core.alerts import Problem
from core.audit_report import has_lines, is_reported, month_before
from core.audit_retention import end_of
from core.clock import KST
from core.delivery_queue import TROUBLED_STATES, literally_in
from core.errors import SotongError
from core.file_scan import oldest_waiting as oldest_waiting_file
from core.leases import is_held
from core.models.conversation import Delivery, Turn
from core.models.vault import AuditEntry
from core.queue_figures import oldest_waiting
from core.turn_queue import has_failed
from dialogue.rasa import HEALTH_PATH

WORKER_LEASE = "worker"
FAILED_WITHIN = timedelta(hours=24)
CERTIFICATE_NOTICE = timedelta(days=14)
CONNECT_SECONDS = 5.0
# The day of the month by which the month before is checked.
CHECK_BY = 5
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

Look = Callable[[Parts], Problem | None]


@dataclass(frozen=True)
class Rule:
    """One kind of trouble. ``every``: how often it is looked for; ``patience``: what may pass by itself."""

    name: str
    title: str
    look: Look
    every: timedelta = timedelta(0)
    patience: timedelta = timedelta(0)


def old_turn(parts: Parts) -> Problem | None:
    """A citizen's message waits too long."""
    with parts.database.reading() as session:
        since = oldest_waiting(session).turn_since
    minutes = _minutes_over(parts, since)
    if minutes is None:
        return None
    return Problem(
        f"가장 오래된 시민 메시지가 {minutes}분째 답을 기다립니다.",
        "`sotong doctor`로 Rasa와 작업 프로세스를 확인하세요. 메시지는 보관되어 있으며 복구되면 답합니다.",
    )


def old_delivery(parts: Parts) -> Problem | None:
    """An answer waits too long to go out."""
    with parts.database.reading() as session:
        since = oldest_waiting(session).delivery_since
    minutes = _minutes_over(parts, since)
    if minutes is None:
        return None
    return Problem(
        f"가장 오래된 답장이 {minutes}분째 나가지 못했습니다.",
        "`sotong outbox list --state pending`으로 까닭을 보고, 채널(텔레그램 등)과 망을 확인하세요.",
    )


def failed_turns(parts: Parts) -> Problem | None:
    """Turns were given up in the last day."""
    with parts.database.reading() as session:
        count = session.scalar(
            select(func.count())
            .select_from(Turn)
            .where(has_failed(Turn.state), Turn.arrived_at >= parts.now() - FAILED_WITHIN)
        )
    return (
        Problem(
            f"지난 24시간에 답하지 못한 시민 메시지가 {count}건입니다.",
            "`sotong turns failed`로 까닭을 보고, 고친 뒤 `sotong turns retry`로 다시 처리하세요.",
        )
        if count
        else None
    )


def unsure_deliveries(parts: Parts) -> Problem | None:
    """Nobody knows whether a message arrived."""
    with parts.database.reading() as session:
        count = session.scalar(
            select(func.count())
            .select_from(Delivery)
            .where(literally_in(Delivery.state, TROUBLED_STATES), Delivery.state == "unsure")
        )
    return (
        Problem(
            f"도착했는지 알 수 없는 메시지가 {count}건입니다.",
            "채널에서 직접 확인하고 `sotong outbox resolve`(게시글은 `sotong post resolve`)로 알려 주세요.",
        )
        if count
        else None
    )


def rasa_down(parts: Parts) -> Problem | None:
    """A Rasa does not answer, or has no model."""
    urls = parts.settings.rasa_urls
    down = [url for url in urls if not answers(f"{url}{HEALTH_PATH}")]
    if not down:
        return None
    if len(down) < len(urls):
        return Problem(
            f"Rasa {len(urls)}대 가운데 {len(down)}대가 응답하지 않거나 모델을 읽지 못했습니다: "
            f"{', '.join(down)}",
            "그 Rasa의 기록을 보고 다시 시작하세요. 그동안 나머지가 대화를 맡습니다.",
        )
    return Problem(
        "Rasa가 응답하지 않거나 모델을 읽지 못했습니다.",
        "Rasa의 기록(rasa.log)을 보고 다시 시작하세요. 그동안 시민에게는 늦어진다고 안내합니다.",
    )


def actions_down(parts: Parts) -> Problem | None:
    """The actions app does not answer."""
    if answers(f"{parts.settings.actions_url}/healthz"):
        return None
    return Problem(
        "액션 앱(actions)이 응답하지 않습니다.",
        "actions.log를 보고 다시 시작하세요. 그동안 접수와 조회가 늦어집니다.",
    )


def worker_lost(parts: Parts) -> Problem | None:
    """No worker has renewed its lease."""
    with parts.database.reading() as session:
        held = is_held(session, name=WORKER_LEASE, now=parts.now())
    return (
        None
        if held
        else Problem(
            "작업 프로세스(worker)가 살아 있다는 신호가 없습니다.",
            "`sotong worker`를 다시 시작하고 worker.log를 확인하세요. 밀린 답장, 알림, 게시가 멈춰 있습니다.",
        )
    )


def disk_low(parts: Parts) -> Problem | None:
    """The disk is nearly full."""
    folder = parts.settings.var_dir
    free = shutil.disk_usage(folder).free // 1_000_000
    return (
        Problem(
            f"디스크 여유가 {free}MB뿐입니다({folder}).",
            "오래된 백업과 기록을 옮기거나 디스크를 늘리세요. 가득 차면 메시지를 받을 수 없습니다.",
        )
        if free < parts.settings.alert_disk_mb
        else None
    )


def telegram_token(parts: Parts) -> Problem | None:
    """Telegram does not accept the bot's token."""
    if not parts.settings.telegram_token:
        return None
    from app.channels import make_telegram_client
    from bots.telegram_errors import TokenRefused
    from bots.telegram_state import read_bot

    client = make_telegram_client(parts)
    assert client is not None
    try:
        read_bot(client, seconds=CONNECT_SECONDS)
    except TokenRefused:
        return Problem(
            "텔레그램이 봇 토큰을 받아들이지 않습니다(401).",
            "@BotFather에서 토큰을 다시 받아 SOTONG_TELEGRAM_TOKEN에 넣고, 다시 시작한 뒤 `sotong telegram "
            "setup`을 실행하세요.",
        )
    except SotongError:
        return None  # Away, not dead: what waits too long is told by its own rule.
    finally:
        client.close()
    return None


def audit_broken(parts: Parts) -> Problem | None:
    """The audit log does not fit its chain or the signed ends."""
    state = verify_audit(parts.settings, parts.database)
    if state.ok:
        return None
    broken = state.found.broken
    where = (
        f"감사 기록이 {broken.id}번 줄에서 끊겼습니다."
        if broken is not None
        else "감사 기록의 서명 파일이 바뀌었거나 읽히지 않습니다."
    )
    return Problem(
        f"{where} 누군가 바꾸었거나 지웠을 수 있습니다.",
        "데이터베이스와 서명 파일을 그대로 보존하고 `sotong audit verify`로 확인해 백업과 비교한 뒤 개인정보 "
        "보호책임자에게 알리세요.",
    )


def audit_unsigned(parts: Parts) -> Problem | None:
    """The audit log grows and nobody signs its end."""
    settings = parts.settings
    late = timedelta(minutes=3 * settings.audit_anchor_minutes) + HOUR
    with parts.database.reading() as session:
        end = end_of(session, keys=anchor_keys(settings), now=parts.now())
        if end is None:
            return None
        try:
            last = anchor_file(settings).last()
        except OSError:
            last = None
        if last is not None and last.id >= end.id:
            return None
        waits = session.scalar(
            select(func.min(AuditEntry.at)).where(AuditEntry.id > (last.id if last else 0))
        )
    if waits is None or parts.now() - waits < late:
        return None
    return Problem(
        f"감사 기록의 끝을 {(parts.now() - waits) // HOUR}시간 넘게 서명하지 못했습니다.",
        f"작업 프로세스가 {settings.audit_anchors} 파일에 쓸 수 있는지 확인하세요.",
    )


def audit_unchecked(parts: Parts) -> Problem | None:
    """Nobody made the monthly check of the audit log."""
    now = parts.now()
    if now.astimezone(KST).day < CHECK_BY:
        return None
    month = month_before(now)
    with parts.database.reading() as session:
        if not has_lines(session, month) or is_reported(session, month):
            return None
    return Problem(
        f"{month} 접속기록을 아직 점검하지 않았습니다(매월 1회 이상, 안전성 확보조치 기준 제8조).",
        f"`sotong audit report --month {month}`로 점검표를 만들어 확인하세요.",
    )


def files_unscanned(parts: Parts) -> Problem | None:
    """A file waits too long for the virus scanner, so that nobody can see it."""
    with parts.database.reading() as session:
        since = oldest_waiting_file(session)
    minutes = _minutes_over(parts, since)
    if minutes is None:
        return None
    return Problem(
        f"바이러스 검사를 기다리는 파일이 {minutes}분째 있습니다. 그동안 아무도 그 파일을 볼 수 없습니다.",
        "ClamAV(clamd)가 살아 있는지, SOTONG_CLAMAV 주소와 clamd.conf의 StreamMaxLength(25M 이상)를 "
        "확인하세요.",
    )


def backup_old(parts: Parts) -> Problem | None:
    """The last backup is too old, where one is expected."""
    settings, made = parts.settings, last_backup(parts.settings)
    if not settings.backup_hours or (made is None and settings.environment != "production"):
        return None
    if made is not None and parts.now() - made <= timedelta(hours=settings.backup_hours):
        return None
    when = "없습니다" if made is None else f"{(parts.now() - made) // HOUR}시간 전입니다"
    return Problem(
        f"마지막 백업이 {when}.",
        "`sotong backup`의 예약 실행과 백업 디스크를 확인하세요.",
    )


def certificate(parts: Parts) -> Problem | None:
    """The public address's certificate ends soon."""
    address = parts.settings.alert_certificate
    if not address:
        return None
    host, _, port = address.partition(":")
    try:
        ends = certificate_ends(host, int(port or 443))
    except (OSError, ValueError) as error:
        return Problem(
            f"{address}의 인증서를 읽을 수 없습니다({type(error).__name__}).",
            "역방향 프록시와 DNS를 확인하세요.",
        )
    left = ends - parts.now()
    return (
        Problem(
            f"{address}의 인증서가 {ends:%Y-%m-%d}에 끝납니다({left.days}일 남음).",
            "인증서를 갱신하고 프록시를 다시 읽게 하세요. 끝나면 시민과 텔레그램이 접속하지 못합니다.",
        )
        if left < CERTIFICATE_NOTICE
        else None
    )


def certificate_ends(host: str, port: int) -> datetime:
    """When the certificate that is shown there ends. Raises OSError or ValueError."""
    context = ssl.create_default_context()
    # We want to read also one that is no longer valid.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=CONNECT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
    if shown is None:
        raise ValueError("no certificate")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc


RULES = (
    Rule("old_turn", "시민 메시지가 밀림", old_turn),
    Rule("old_delivery", "답장이 밀림", old_delivery),
    Rule("failed_turns", "답하지 못한 메시지", failed_turns),
    Rule("unsure_deliveries", "도착을 알 수 없는 메시지", unsure_deliveries),
    Rule("rasa_down", "Rasa 멈춤", rasa_down, patience=2 * MINUTE),
    Rule("actions_down", "액션 앱 멈춤", actions_down, patience=2 * MINUTE),
    Rule("worker_lost", "작업 프로세스 멈춤", worker_lost, patience=MINUTE),
    Rule("disk_low", "디스크 부족", disk_low),
    Rule("telegram_token", "텔레그램 토큰 무효", telegram_token, every=5 * MINUTE),
    Rule("audit_broken", "감사 기록 훼손", audit_broken, every=DAY),
    Rule("audit_unsigned", "감사 기록 서명 밀림", audit_unsigned, every=10 * MINUTE),
    Rule("audit_unchecked", "접속기록 월간 점검", audit_unchecked, every=HOUR),
    Rule("files_unscanned", "바이러스 검사 멈춤", files_unscanned),
    Rule("backup_old", "백업이 오래됨", backup_old, every=10 * MINUTE),
    Rule("certificate", "인증서 만료 임박", certificate, every=HOUR, patience=10 * MINUTE),
)


def _minutes_over(parts: Parts, since: datetime | None) -> int | None:
    """Whole minutes of a wait that is too long, or None."""
    if since is None:
        return None
    waited = parts.now() - since
    return waited // MINUTE if waited > timedelta(minutes=parts.settings.alert_minutes) else None
