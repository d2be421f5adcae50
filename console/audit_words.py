"""Korean words for what stands in the audit log. Must not read it."""

from __future__ import annotations

GROUPS = {
    "vault": "개인정보 열람",
    "conversation": "대화",
    "case": "민원",
    "attachment": "사진·파일",
    "officer": "계정·로그인",
    "audit": "접속기록",
    "department": "부서 연계",
    "post": "게시글",
    "article": "정책 안내 글",
    "publishing": "게시 멈춤",
    "turn": "답하지 못한 말",
    "outbox": "보내지 못한 말",
}
_ACTIONS = {
    "vault.reveal": "개인정보 열람",
    "vault.rotate": "암호키 교체 시작",
    "vault.rotated": "암호키 교체 끝",
    "vault.check": "암호키 점검",
    "vault.key_lost": "암호키 분실 처리",
    "publishing.stop": "게시 멈추기",
    "publishing.resume": "게시 다시 시작",
    "conversation.read": "대화 보기",
    "conversation.list": "대화 목록 보기",
    "conversation.search": "대화 찾기",
    "conversation.take": "대화 맡기",
    "conversation.answer": "대화에 답하기",
    "conversation.hand_back": "대화 돌려주기",
    "conversation.erase_requested": "삭제 요청",
    "conversation.erase": "대화 삭제",
    "case.read": "민원 보기",
    "case.list": "민원 목록 보기",
    "case.change": "민원 상태 바꾸기",
    "case.flag": "함께 볼 민원 살펴보기",
    "case.check": "월간 처리 점검 보기",
    "case.export": "민원처리부 내보내기",
    "case.merge": "민원 합치기",
    "case.unmerge": "합친 민원 풀기",
    "case.follow": "다른 사람의 민원 소식 받기",
    "case.unfollow": "소식 그만 받기",
    "case.move": "담당 부서 바꾸기",
    "attachment.read": "사진·파일 보기",
    "officer.sign_in": "로그인",
    "officer.sign_in_refused": "로그인 실패",
    "officer.locked": "로그인 잠김",
    "officer.sign_out": "로그아웃",
    "officer.create": "계정 만들기",
    "officer.disable": "계정 중지",
    "officer.password": "비밀번호 바꾸기",
    "audit.read": "접속기록 보기",
    "audit.export": "접속기록 내보내기",
    "audit.report": "월간 점검표 만들기",
    "audit.cut": "보관 기간이 지난 기록 파기",
    "article.import": "안내 글 가져오기",
    "article.write": "안내 글 쓰기",
    "article.edit": "안내 글 고치기",
    "article.confirm": "안내 글 확인",
    "article.gaps": "답하지 못한 질문 보기",
    "article.start": "질문에서 안내 글 시작하기",
    "article.ask": "안내 글 검색해 보기",
    "article.end": "안내 글 끝내기",
    "turn.words": "답하지 못한 말 보기",
    "turn.retry": "답하지 못한 말 다시 처리",
    "department.list": "부서 연계 화면 보기",
    "outbox.words": "보내지 못한 말 보기",
    "outbox.retry": "다시 보내기",
    "outbox.resolve": "도착 여부 정하기",
}
_WHO = {
    "system": "시스템",
    "anonymous": "로그인하지 않은 사람",
    "conversation": "시민",
    "department": "부서",
    "cli": "서버 명령줄",
}


def action(code: str) -> str:
    """What was done; a code without words of its own shows its group."""
    known = _ACTIONS.get(code)
    if known is not None:
        return known
    group, _, rest = code.partition(".")
    return f"{GROUPS.get(group, group)} ({rest or code})"


def who(actor: str, names: dict[int, str]) -> str:
    """Who did it, as people call them."""
    kind, _, rest = actor.partition(":")
    if kind == "officer" and rest.isdigit():
        return names.get(int(rest), f"담당자 {rest}")
    return f"{_WHO.get(kind, kind)} {rest}".rstrip()
