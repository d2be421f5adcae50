"""Shows a post to officers exactly as it will be public, in Korean. Must not change or send anything."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import defaultdict
from datetime import datetime
from typing import Any

from bots.telegram_render import (
    AlbumPart,
    Keyboard,
    Part,
    PhotoPart,
    PointPart,
    messages_in,
    render_parts,
)
from core.clock import KST
from core.errors import Refused
from core.models.post import Post
from core.post_content import content_of
from core.texts import Texts
from korean.redact import redact
from publishing.telegram_text import CAPTION_LIMIT, TEXT_LIMIT, units

STATES = {
    "draft": "초안",
    "approved": "승인됨",
    "sent": "게시됨",
    "corrected": "정정됨",
    "withdrawn": "철회됨",
    "unsure": "나갔는지 확인 필요",
    "failed": "나가지 못함",
}
FAILURES = {
    "message_too_old": "텔레그램이 지우게 해 주지 않아요. 채널에서 직접 지운 뒤 한 번 더 철회해 주세요.",
    "no_rights": "봇이 채널 관리자가 아니에요. 관리자로 넣은 뒤 다시 승인해 주세요.",
    "chat_not_found": "채널을 찾지 못했어요. 주소를 확인해 주세요.",
    "too_late": "하루 넘게 나가지 못해서 멈췄어요. 지금도 맞는 내용이면 다시 승인해 주세요.",
    "cannot_edit": "글이 나뉘는 수가 달라져 제자리에서 고칠 수 없어요. 철회하고 새로 써 주세요.",
    "stale": "승인한 뒤에 내용이 달라져 멈췄어요.",
    "original_gone": "고칠 글이 채널에 없어요.",
    "message_gone": "고칠 글이 채널에 없어요.",
}
SENTENCES = {
    "sign_in_refused": "아이디나 비밀번호가 맞지 않아요. 다섯 번 틀리면 15분 동안 잠겨요.",
    "change_password_first": "먼저 업무창에 로그인해서 비밀번호를 바꿔 주세요.",
    "forbidden": "이 일을 할 권한이 없어요.",
    "post_unknown": "그 번호의 게시글이 없어요.",
    "same_person": "쓴 사람은 승인할 수 없어요. 다른 담당자가 승인해야 해요.",
    "stale": "그 사이 내용이 바뀌었어요. `sotong post show`로 다시 보고 승인해 주세요.",
    "not_a_draft": "이미 끝난 게시글이라 바꿀 수 없어요.",
    "going_out": "지금 나가는 중이에요. 잠시 뒤에 다시 해 주세요.",
    "half_sent": "일부가 이미 나갔어요. 철회한 뒤 새로 써 주세요.",
    "time_passed": "게시할 시각이 지났어요. 시각을 고쳐 주세요.",
    "not_sent": "채널에 나가 있는 글만 정정할 수 있어요.",
    "images_fixed": "정정할 때 사진은 바꿀 수 없어요. 철회하고 새로 써 주세요.",
    "correction_open": "이 글의 정정({id}번)이 진행 중이에요. 그것부터 마치거나 철회해 주세요.",
    "corrected": "이 글은 {id}번으로 정정됐어요. {id}번을 철회해 주세요.",
    "original_gone": "정정할 글이 채널에 없어요.",
    "unsure": "나갔는지 모르는 글이에요. 채널을 보고 `sotong post resolve`부터 해 주세요.",
    "not_unsure": "확인을 기다리는 글이 아니에요.",
    "message_id_malformed": "메시지 번호는 숫자예요. 채널 글의 주소 끝에 있어요.",
    "message_count": "찾는 메시지는 {count}개예요. --arrived를 {count}번 써 주세요.",
    "cannot_edit": FAILURES["cannot_edit"],
    "empty_post": "글이나 사진이 있어야 해요.",
    "too_long": "글은 {limit}자까지 쓸 수 있어요.",
    "too_many_photos": "사진은 {limit}장까지예요.",
    "alt_missing": "사진마다 설명(--alt)을 하나씩 써 주세요.",
    "photo_missing": "사진을 찾지 못했어요.",
    "photo_unreadable": "사진을 읽을 수 없어요. JPG·PNG 사진인지 확인해 주세요.",
    "photo_too_large": "사진이 너무 커요. 한 장에 10MB까지예요.",
    "link_malformed": "링크는 http(s) 주소와 짧은 제목이 있어야 해요.",
    "resident_number": "주민등록번호, 외국인등록번호, 여권번호, 운전면허번호는 쓸 수 없어요.",
    "reason_missing": "까닭을 써 주세요.",
    "already_drafted": "이 기간의 글이 이미 있어요({id}번).",
    "channel_unknown": "채널 주소가 없어요. --address나 SOTONG_TELEGRAM_CHANNEL을 정해 주세요.",
}
_NUMBER = re.compile(r"[0-9](?:[0-9,.:/~-]*[0-9])?(?:\s?%|[가-힣]{1,3}|\s?[A-Za-z²³]{1,3})?")
_URL = re.compile(r"https?://[^\s<>]+|(?<![\w@])@[A-Za-z]\w{3,31}")


def sentence(refused: Refused) -> str:
    """The rule in Korean; its code where there is no sentence."""
    template = SENTENCES.get(refused.code, refused.code)
    return template.format_map(defaultdict(str, {k: str(v) for k, v in refused.values.items()}))


def parts_of(post: Post, texts: Texts) -> tuple[Part, ...]:
    """The messages that Telegram gets."""
    return render_parts(content_of(post).reply, delivery_id=0, texts=texts)


def message_count(post: Post, texts: Texts, *, part: int | None = None) -> int:
    """How many messages the whole post is in the channel, or one part of it."""
    parts = parts_of(post, texts)
    return sum(map(messages_in, parts if part is None else parts[part : part + 1]))


def as_data(post: Post, texts: Texts) -> dict[str, Any]:
    """Everything about a post, as JSON."""
    content = content_of(post)
    shown = [_message(part) for part in parts_of(post, texts)]
    words = "\n".join([content.text, *(image.alt for image in content.images)])
    return {
        "id": post.id,
        "state": post.state,
        "channel": post.channel,
        "address": post.address,
        "text": content.text,
        "images": post.images,
        "link": {"title": content.link.title, "url": content.link.url} if content.link else None,
        "content_hash": post.content_hash,
        "author_officer_id": post.author_officer_id,
        "approver_officer_id": post.approver_officer_id,
        "created_at": _time(post.created_at),
        "approved_at": _time(post.approved_at),
        "scheduled_at": _time(post.scheduled_at),
        "kind": post.kind,
        "legal_basis": post.legal_basis,
        "sent_at": _time(post.sent_at),
        "withdrawn_at": _time(post.withdrawn_at),
        "message_ids": post.message_ids,
        "urls": _urls(post),
        "corrects_post_id": post.corrects_post_id,
        "deletion_asked": post.deletion_id is not None and post.state != "withdrawn",
        "failure": post.failure,
        "messages": shown,
        "numbers": [found.strip() for found in _NUMBER.findall(content.text)],
        "links": _URL.findall(content.text) + ([content.link.url] if content.link else []),
        "personal": [words[span.start : span.end] for span in redact(words).spans],
        "invisible": sorted({f"U+{ord(c):04X}" for c in words if unicodedata.category(c) == "Cf"}),
    }


def as_lines(data: dict[str, Any]) -> list[str]:
    """The same for reading."""
    lines = [f"게시글 {data['id']} · {state_title(data)} · 텔레그램 {data['address']}"]
    if data["corrects_post_id"]:
        lines.append(f"{data['corrects_post_id']}번 글을 그 자리에서 고쳐요.")
    if data["failure"]:
        lines.append(f"! {FAILURES.get(data['failure'], data['failure'])}")
    lines.append(f"게시 시각: {data['scheduled_at'] or '승인하는 대로'}")
    if data["legal_basis"]:
        lines.append(f"법적 근거: {data['legal_basis']}")
    for number, message in enumerate(data["messages"], 1):
        what = f"사진 {message['photos']}장" if message["photos"] else "글"
        length = f"{message['length']}/{message['limit']}자"
        lines.append(f"──── 메시지 {number}/{len(data['messages'])} · {what} · {length}")
        lines += message["text"].splitlines()
        lines += [f"[단추] {b['title']} → {b['url']}" for b in message["buttons"]]
    lines.append("────")
    lines += [f"사진 {n} 설명: {image['alt']}" for n, image in enumerate(data["images"], 1)]
    lines.append(f"숫자: {' | '.join(data['numbers']) or '없음'}")
    lines.append(f"링크: {' | '.join(data['links']) or '없음'}")
    if data["personal"]:
        lines.append(f"! 개인정보로 보이는 것이 있어요: {' | '.join(data['personal'])}")
    if data["invisible"]:
        lines.append(f"! 눈에 보이지 않는 글자가 있어요: {' '.join(data['invisible'])}")
    if data["message_ids"]:
        lines.append(f"메시지 번호: {', '.join(data['message_ids'])}  {' '.join(data['urls'])}")
    lines.append(f"내용 해시: {data['content_hash']}")
    return lines


def in_one_line(data: dict[str, Any]) -> str:
    """For a list: number, a mark where a person is needed, state, first words."""
    words = data["text"] or data["images"][0]["alt"]
    mark = "!" if data["failure"] or data["state"] == "unsure" else " "
    first = words.splitlines()[0][:40]
    return f"{data['id']:>5} {mark} {state_title(data)} · {data['address']} · {first}"


def state_title(data: dict[str, Any]) -> str:
    """The state in Korean, with what it waits for."""
    title = STATES[data["state"]]
    if data["state"] == "approved":
        title += ", 예약됨" if data["scheduled_at"] else ", 나갈 차례를 기다림"
    if data["deletion_asked"] and not data["failure"]:
        title += ", 지우는 중"
    return title


def _message(part: Part) -> dict[str, Any]:
    if isinstance(part, PointPart):
        raise ValueError("a post has no place")
    picture = isinstance(part, PhotoPart | AlbumPart)
    keyboard: Keyboard = () if isinstance(part, AlbumPart) else part.keyboard
    text = html.unescape(re.sub(r"</?code>", "", part.html))
    return {
        "text": text,
        "length": units(text),
        "limit": CAPTION_LIMIT if picture else TEXT_LIMIT,
        "photos": messages_in(part) if picture else 0,
        "buttons": [{"title": b.title, "url": b.url} for row in keyboard for b in row],
    }


def _urls(post: Post) -> list[str]:
    name = post.address.removeprefix("@")
    if name == post.address:
        name = f"c/{post.address.removeprefix('-100')}"
    return [f"https://t.me/{name}/{each}" for each in post.message_ids]


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(KST).isoformat(timespec="minutes")
