"""Korean words of the pages of posts. Must not read or change a post."""

from __future__ import annotations

STATES = {
    "draft": "초안",
    "approved": "승인됨",
    "sent": "게시됨",
    "corrected": "정정됨",
    "withdrawn": "철회됨",
    "unsure": "나갔는지 확인 필요",
    "failed": "나가지 못함",
}
KINDS = {
    "policy_notice": "정책 안내",
    "budget_bulletin": "재정 소식",
    "reply_draft": "답글",
    "correction": "정정",
}
# Kinds that an officer begins on the page; a correction begins at its post, a bulletin at its figures.
WRITTEN_HERE = ("policy_notice", "reply_draft")
HELD = {
    "stopped": "게시를 모두 멈춘 동안에는 나가지 않아요.",
    "blackout": "선거 전 기간이라 법적 근거가 있는 글만 나가요.",
    "quiet": "밤에는 보내지 않고 아침에 보내요.",
}
PROBLEMS = {
    "same_person": "쓴 사람은 승인할 수 없어요. 다른 담당자가 승인해야 해요.",
    "stale": "그 사이 내용이 바뀌었어요. 다시 읽고 승인해 주세요.",
    "not_a_draft": "이미 끝난 글이라 바꿀 수 없어요.",
    "going_out": "지금 나가는 중이에요. 잠시 뒤에 다시 해 주세요.",
    "half_sent": "일부가 이미 나갔어요. 철회한 뒤 새로 써 주세요.",
    "time_passed": "게시할 시각이 지났어요. 시각을 고쳐 주세요.",
    "time_malformed": "게시할 날짜와 시각을 확인해 주세요.",
    "unsure": "나갔는지 모르는 글이에요. 채널을 보고 확인한 뒤에 철회할 수 있어요.",
    "corrected": "이 글은 {id}번으로 정정됐어요. {id}번을 철회해 주세요.",
    "correction_open": "이 글의 정정({id}번)이 진행 중이에요. 그것부터 마치거나 철회해 주세요.",
    "original_gone": "정정할 글이 채널에 없어요.",
    "empty_post": "글을 써 주세요.",
    "link_malformed": "링크는 http(s) 주소와 짧은 제목이 있어야 해요.",
    "channel_unknown": "글이 나갈 채널이 정해지지 않았어요. 시스템 관리자에게 알려 주세요.",
    "reason_missing": "까닭을 써 주세요.",
    "forbidden": "이 일을 할 권한이 없어요.",
}
