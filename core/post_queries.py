"""Looks at table post: lists, what is due, what corrects what. Must not change anything."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from core.models.conversation import Delivery
from core.models.post import Post
from core.models.publishing import PostVersion


def list_posts(session: Session, *, state: str | None = None, limit: int = 50) -> list[Post]:
    """Posts, the newest first."""
    query = select(Post).order_by(Post.id.desc()).limit(limit)
    return list(session.scalars(query if state is None else query.where(Post.state == state)))


def find_post(session: Session, post_id: int) -> Post | None:
    """The post, or None."""
    return session.get(Post, post_id)


def due_posts(session: Session, *, now: datetime) -> list[int]:
    """Ids of approved posts whose time has come, and of those whose deletion has ended."""
    due = and_(Post.state == "approved", or_(Post.scheduled_at.is_(None), Post.scheduled_at <= now))
    deleted = exists().where(
        Delivery.id == Post.deletion_id,
        Delivery.state.in_(("sent", "failed")),
        Post.state != "withdrawn",
        Post.failure.is_(None),
    )
    return list(session.scalars(select(Post.id).where(or_(due, deleted)).order_by(Post.id)))


def open_correction(session: Session, *, of: int, beside: int | None = None) -> int | None:
    """The id of a correction of this post that may still go out, or None."""
    query = select(Post.id).where(Post.corrects_post_id == of)
    if beside is None:
        query = query.where(Post.state.in_(("draft", "approved")))
    else:
        # One correction asks whether another goes before it: a draft does not.
        query = query.where(Post.state == "approved", Post.id != beside)
    return session.scalar(query.limit(1))


def standing_correction(session: Session, *, of: int) -> int | None:
    """The id of the correction that has changed this post, or is doing so now; else None."""
    query = select(Post.id).where(
        Post.corrects_post_id == of,
        or_(
            Post.state.in_(("sent", "corrected")),
            and_(Post.state == "approved", Post.delivery_id.is_not(None)),
        ),
    )
    return session.scalar(query.order_by(Post.id.desc()).limit(1))


def speaks_to_everybody(session: Session, *, channel: str, address: str) -> bool:
    """Whether this address is one that posts go to."""
    query = select(Post.id).where(Post.channel == channel, Post.address == address)
    return session.scalar(query.limit(1)) is not None


def find_bulletin(session: Session, *, template: str, period: str) -> int | None:
    """The id of the post made of this template for this period, unless it was withdrawn."""
    query = select(Post.id).where(
        Post.template == template, Post.period == period, Post.state != "withdrawn"
    )
    return session.scalar(query.limit(1))


def last_version(session: Session, post_id: int) -> int:
    """How often its words were written."""
    query = select(func.max(PostVersion.number)).where(PostVersion.post_id == post_id)
    return session.scalar(query) or 0


def versions_of(session: Session, post_id: int) -> list[PostVersion]:
    """What it said each time, the first first."""
    query = select(PostVersion).where(PostVersion.post_id == post_id)
    return list(session.scalars(query.order_by(PostVersion.number)))
