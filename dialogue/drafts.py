"""Looks after reports that were begun and left: one reminder, then an officer's list. Must not file them."""

from __future__ import annotations

from core.city import City
from core.database import Database
from core.deliveries import enqueue
from core.drafts import close_draft, drafts_to_lapse, drafts_to_remind
from core.handovers import open_handover
from core.models.conversation import Conversation
from core.ports import Now
from core.replies import Reply


def look_after_drafts(*, database: Database, city: City, now: Now) -> tuple[int, int]:
    """Remind and lapse what is due; returns how many of each. Safe to run twice."""
    moment = now()
    with database.transaction() as session:
        lapsing = drafts_to_lapse(session, now=moment)
        for draft in lapsing:
            conversation = session.get_one(Conversation, draft.conversation_id)
            close_draft(session, conversation_id=draft.conversation_id, state="lapsed", now=moment)
            open_handover(
                session,
                conversation_id=draft.conversation_id,
                reason=f"lapsed_draft:{draft.id}",
                now=moment,
            )
            enqueue(
                session,
                conversation=conversation,
                reply=Reply(city.texts.render("draft_lapsed")),
                kind="notice",
                dedupe_key=f"draft-lapsed:{draft.id}",
                now=moment,
            )
        reminding = [d for d in drafts_to_remind(session, now=moment) if d.state == "open"]
        for draft in reminding:
            conversation = session.get_one(Conversation, draft.conversation_id)
            draft.reminded_at = moment
            what = str(draft.slots.get("what") or "").strip()
            enqueue(
                session,
                conversation=conversation,
                reply=Reply(
                    city.texts.render(
                        "draft_reminder", what=what[:60] or city.texts.render("draft_unnamed")
                    )
                ),
                kind="notice",
                dedupe_key=f"draft-reminder:{draft.id}",
                now=moment,
            )
    return len(reminding), len(lapsing)
