"""Posts for everybody and their approval: the one writer of tables post, post_version. Must not send.

Nothing goes out without a person who did not write it. An approval binds to the hash of what will be
public, and any edit drops it. What goes out, changes or is deleted is a delivery like any other;
``look_after_posts`` puts into the queue what is due and takes over what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.conversations import find_conversation
from core.database import Database
from core.deliveries import BROADCAST, enqueue
from core.delivery_changes import cancel_delivery, settle_unsure
from core.delivery_queue import OPEN_STATES
from core.errors import Refused
from core.locking import Chain, lock_chain, lock_conversation, lock_existing
from core.models.conversation import Delivery
from core.models.post import Post
from core.models.publishing import PostVersion
from core.post_content import PostContent, checked, content_of, hash_of
from core.post_parts import note, place_of, problem_with_original, take_back
from core.post_queries import (
    due_posts,
    find_bulletin,
    last_version,
    open_correction,
    standing_correction,
)
from core.publishing import why_held
from core.publishing_rules import PublishingRules

# What could not go out for so long (no token, nobody at work) is news of yesterday: a person decides.
LATEST = timedelta(hours=24)
CHANNELS = ("telegram",)
KINDS = ("policy_notice", "budget_bulletin", "reply_draft", "correction")


def draft_post(
    session: Session,
    *,
    channel: str,
    address: str,
    content: PostContent,
    author_id: int,
    now: datetime,
    kind: str = "policy_notice",
    template: str | None = None,
    period: str | None = None,
) -> Post:
    """A new draft for the channel at ``address``; a bulletin names its template and period.

    Raises Refused ``channel_unknown``, ``already_drafted`` (the bulletin exists: ``id``), and those of
    ``core.post_content.checked``.
    """
    if channel not in CHANNELS or not 0 < len(address) <= 128:
        raise Refused("channel_unknown")
    if kind not in KINDS or (template is None) != (period is None):
        raise Refused("post_kind_unknown")
    if template is not None and period is not None:
        lock_chain(session, Chain.PUBLISHING)
        known = find_bulletin(session, template=template, period=period)
        if known is not None:
            raise Refused("already_drafted", id=known)
    post = Post(channel=channel, address=address, created_at=now, kind=kind)
    post.template, post.period = template, period
    _write(session, post, content, author_id, now)
    note(session, post, "post.draft", now, officer_id=author_id)
    return post


def correct_post(
    session: Session, *, post_id: int, content: PostContent, author_id: int, now: datetime
) -> Post:
    """A draft that, once approved, changes the words of a sent post in place. Its pictures stay.

    Raises Refused: ``not_sent``, ``images_fixed``, ``correction_open``, and those of ``checked``.
    """
    original = follow_post(session, post_id=post_id, now=now)
    if original.state != "sent":
        raise Refused("not_sent")
    waiting = open_correction(session, of=original.id)
    if waiting is not None:
        raise Refused("correction_open", id=waiting)
    post = Post(
        channel=original.channel,
        address=original.address,
        corrects_post_id=original.id,
        created_at=now,
        kind="correction",
    )
    _write(session, post, content, author_id, now)
    note(session, post, "post.correct", now, officer_id=author_id, why=f"of={original.id}")
    return post


def edit_post(
    session: Session, *, post_id: int, content: PostContent, editor_id: int, now: datetime
) -> Post:
    """New words before it is out. An approval is dropped, and the editor is the author from now on.

    Raises Refused: ``not_a_draft``, ``going_out``, ``half_sent``, and those of ``checked``.
    """
    post = follow_post(session, post_id=post_id, now=now)
    _must_be_open(post)
    if post.state == "approved" and not take_back(session, post):
        raise Refused("going_out")
    _write(session, post, content, editor_id, now)
    note(session, post, "post.edit", now, officer_id=editor_id)
    return post


def approve_post(
    session: Session,
    *,
    post_id: int,
    approver_id: int,
    content_hash: str,
    now: datetime,
    rules: PublishingRules | None = None,
) -> Post:
    """Let exactly the content with this hash go out, when ``rules`` allow it and it is due. Twice is once.

    Without ``rules`` it waits for ``look_after_posts``.

    Raises Refused: ``same_person``, ``stale`` (it reads differently now), ``not_a_draft``,
    ``half_sent``, ``time_passed``, ``original_gone``, ``correction_open``.
    """
    post = follow_post(session, post_id=post_id, now=now)
    if approver_id == post.author_officer_id:
        raise Refused("same_person")
    if content_hash != post.content_hash or content_hash != hash_of(session, post):
        raise Refused("stale")
    if post.approvals and post.state in ("approved", "sent", "corrected"):
        return post
    _must_be_open(post)
    if post.scheduled_at is not None and post.scheduled_at <= now:
        raise Refused("time_passed")
    problem = problem_with_original(session, post)
    if problem is not None:
        raise Refused(problem)
    post.state, post.failure, post.delivery_id = "approved", None, None
    post.approver_officer_id, post.approved_at = approver_id, now
    post.approvals += 1
    note(session, post, "post.approve", now, officer_id=approver_id)
    _follow(session, post, now, rules)
    return post


def withdraw_post(session: Session, *, post_id: int, officer_id: int, now: datetime) -> Post:
    """Before it is out: it never goes. After: it is deleted from the channel. Twice is once.

    A deletion that the provider refused may be asked again, after somebody deleted it by hand too.
    Raises Refused: ``going_out`` (try again in a moment), ``unsure`` (look it up first),
    ``corrected`` and ``correction_open`` (withdraw that one, ``id``).
    """
    post = follow_post(session, post_id=post_id, now=now)
    if post.state == "withdrawn":
        return post
    if post.state == "unsure":
        raise Refused("unsure")
    later = standing_correction(session, of=post.id)
    if later is not None:
        raise Refused("corrected" if post.state == "corrected" else "correction_open", id=later)
    if post.state == "approved" and post.delivery_id is not None:
        # Half a correction cannot be taken back: the post would read neither way.
        if not cancel_delivery(
            session,
            delivery_id=post.delivery_id,
            failure="withdrawn",
            whole=post.corrects_post_id is not None,
        ):
            raise Refused("going_out")
        _follow(session, post, now)
    if not post.message_ids:
        post.state, post.withdrawn_at, post.failure = "withdrawn", now, None
        note(session, post, "post.withdraw", now, officer_id=officer_id, why="never sent")
        return post
    if post.deletion_id is not None and post.failure is None:
        return post  # Asked already; the deletion is on its way.
    deletion = enqueue(
        session,
        conversation=place_of(session, post, now),
        reply=content_of(post).reply,
        kind="post",
        dedupe_key=f"post:{post.id}:delete:{post.deletion_id or 0}",
        speaker=f"officer:{officer_id}",
        action="delete",
        targets=post.message_ids,
        now=now,
    )
    post.deletion_id, post.failure = deletion.id, None
    note(session, post, "post.withdraw", now, officer_id=officer_id)
    return post


def resolve_post(
    session: Session,
    *,
    post_id: int,
    officer_id: int,
    arrived: Sequence[str] | None,
    now: datetime,
) -> Post:
    """A person has looked into the channel: ``arrived`` are the ids of the lost messages there.

    None: they are not there, and go out again as they were approved. Raises Refused:
    ``not_unsure``, ``message_id_malformed``.
    """
    post = follow_post(session, post_id=post_id, now=now)
    if post.state != "unsure" or post.delivery_id is None:
        raise Refused("not_unsure")
    if arrived is not None and not (arrived and all(_is_message_id(each) for each in arrived)):
        raise Refused("message_id_malformed")
    if not settle_unsure(session, delivery_id=post.delivery_id, arrived=arrived, now=now):
        raise Refused("not_unsure")
    post.state, post.failure, post.queued_at = "approved", None, now
    why = "not arrived" if arrived is None else f"arrived={','.join(arrived)}"
    note(session, post, "post.resolve", now, officer_id=officer_id, why=why)
    return post


def parts_done(session: Session, post: Post) -> int:
    """How many of its parts are surely out."""
    delivery = session.get(Delivery, post.delivery_id) if post.delivery_id else None
    return delivery.parts_done if delivery is not None else 0


def look_after_posts(database: Database, *, now: datetime, rules: PublishingRules) -> None:
    """The worker's job: let go out what is due and allowed, take over what became of deliveries."""
    with database.reading() as session:
        ids = due_posts(session, now=now)
    for post_id in ids:
        with database.transaction() as session:
            follow_post(session, post_id=post_id, now=now, rules=rules)


def follow_post(
    session: Session, *, post_id: int, now: datetime, rules: PublishingRules | None = None
) -> Post:
    """The post as it stands: outcomes are taken over, and with ``rules`` due ones join the queue.

    Raises Refused ``post_unknown``.
    """
    post = session.get(Post, post_id)
    if post is None:
        raise Refused("post_unknown")
    # All changes of one channel's posts take turns: a correction depends on another post's state.
    place = find_conversation(
        session, channel=post.channel, address=post.address, visibility="public"
    )
    if place is not None:
        lock_conversation(session, place.id)
    post = lock_existing(session, Post, post_id)
    _follow(session, post, now, rules)
    return post


def _follow(
    session: Session, post: Post, now: datetime, rules: PublishingRules | None = None
) -> None:
    if post.state == "approved":
        if post.delivery_id is not None:
            _follow_delivery(session, post, session.get_one(Delivery, post.delivery_id), now)
        elif (
            rules is not None
            and (post.scheduled_at is None or post.scheduled_at <= now)
            and why_held(session, rules=rules, legal_basis=post.legal_basis, now=now) is None
        ):
            _publish(session, post, now)
    if post.deletion_id is not None and post.state != "withdrawn" and post.failure is None:
        deletion = session.get_one(Delivery, post.deletion_id)
        if deletion.state == "sent":
            post.state, post.withdrawn_at = "withdrawn", deletion.sent_at
            note(session, post, "post.withdrawn", now)
        elif deletion.state == "failed":
            post.failure = deletion.failure or "failed"
            note(session, post, "post.delete_failed", now, why=post.failure)


def _publish(session: Session, post: Post, now: datetime) -> None:
    """Put an approved post into the queue; the delivery's key holds post, hash and approval."""
    problem = problem_with_original(session, post)
    if hash_of(session, post) != post.content_hash:
        problem = "stale"
    elif now - (post.scheduled_at or post.approved_at or now) > LATEST:
        problem = "too_late"
    if problem is not None:
        _fail(session, post, problem, now)
        return
    original = session.get(Post, post.corrects_post_id) if post.corrects_post_id else None
    delivery = enqueue(
        session,
        conversation=place_of(session, post, now),
        reply=content_of(post).reply,
        kind="post",
        dedupe_key=f"post:{post.id}:{post.content_hash}:{post.approvals}",
        speaker=f"officer:{post.approver_officer_id}",
        priority=BROADCAST,
        action="edit" if original else "send",
        targets=original.message_ids if original else (),
        now=now,
    )
    post.delivery_id, post.queued_at = delivery.id, now


def _follow_delivery(session: Session, post: Post, delivery: Delivery, now: datetime) -> None:
    if delivery.state in OPEN_STATES:
        waited = now - (post.queued_at or delivery.created_at)
        if waited <= LATEST or not take_back(session, post):
            return
        _fail(session, post, "too_late", now)
        return
    if delivery.state == "sent" or post.corrects_post_id is None:
        post.message_ids = list(delivery.provider_ids)
    if delivery.state == "sent":
        post.state, post.sent_at = "sent", delivery.sent_at
        ids = ",".join(post.message_ids)
        note(session, post, "post.sent", now, why=f"messages={ids}")
        if post.corrects_post_id is not None:
            original = session.get_one(Post, post.corrects_post_id)
            original.state = "corrected"
            note(session, original, "post.corrected", now, why=f"by={post.id}")
    elif delivery.state == "unsure":
        post.state, post.failure = "unsure", delivery.failure
        note(session, post, "post.unsure", now)
    else:
        _fail(session, post, delivery.failure or "failed", now)


def _fail(session: Session, post: Post, failure: str, now: datetime) -> None:
    post.state, post.failure = "failed", failure
    note(session, post, "post.failed", now, why=failure)


def _write(
    session: Session, post: Post, content: PostContent, author_id: int, now: datetime
) -> None:
    """The content into the row, and as one more version: a draft that nobody has approved."""
    content = checked(session, content)
    if post.corrects_post_id is not None:
        original = session.get_one(Post, post.corrects_post_id)
        if content.images != content_of(original).images:
            raise Refused("images_fixed")
    post.text, post.scheduled_at = content.text, content.scheduled_at
    post.images = [{"attachment_id": i.attachment_id, "alt": i.alt} for i in content.images]
    post.link_title = content.link.title if content.link else None
    post.link_url = content.link.url if content.link else None
    post.legal_basis, post.author_officer_id = content.legal_basis, author_id
    post.state, post.failure, post.delivery_id = "draft", None, None
    post.approver_officer_id, post.approved_at = None, None
    post.content_hash = hash_of(session, post)
    session.add(post)
    session.flush()
    session.add(
        PostVersion(
            post_id=post.id,
            number=last_version(session, post.id) + 1,
            text=post.text,
            images=post.images,
            link_title=post.link_title,
            link_url=post.link_url,
            legal_basis=post.legal_basis,
            scheduled_at=post.scheduled_at,
            content_hash=post.content_hash,
            officer_id=author_id,
            written_at=now,
        )
    )
    session.flush()


def _must_be_open(post: Post) -> None:
    if post.state not in ("draft", "approved", "failed"):
        raise Refused("not_a_draft", state=post.state)
    if post.message_ids:
        raise Refused("half_sent")


def _is_message_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < len(text) <= 18
