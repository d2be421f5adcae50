"""What officers read of departments: reasons and states in Korean. Must not decide anything."""

from __future__ import annotations

WAYS = {"none": "업무창에서 처리", "webhook": "연계 시스템", "mail": "메일"}
KINDS = {
    "opened": "새 민원",
    "status": "상태 바뀜",
    "note": "시민이 덧붙인 말",
    "photos": "시민이 보낸 사진",
    "moved": "다른 부서로 넘어감",
}
STATES = {"failed": "보내지 못함", "unsure": "닿았는지 모름"}
# Why something did not go out: the code of a failure → what it means.
FAILURES = {
    "unreachable": "부서 시스템에 연결되지 않아요",
    "timeout": "부서 시스템이 10초 안에 답하지 않아요",
    "connection_lost": "보내는 사이에 연결이 끊어졌어요",
    "tls_certificate": "부서 시스템의 인증서가 주소와 맞지 않거나 기한이 지났어요",
    "tls_failed": "암호화 연결을 맺지 못했어요",
    "html_answer": "부서 시스템 대신 로그인 화면 같은 웹 페이지가 답했어요",
    "no_json": "부서 시스템의 답을 읽을 수 없어요",
    "redirect": "부서 시스템이 다른 주소로 가라고 해요. 설정한 주소를 고쳐야 해요",
    "signature_refused": "부서 시스템이 우리 서명을 받지 않아요. 비밀 키를 맞춰 봐야 해요",
    "not_found": "설정한 주소에 부서 시스템이 없어요",
    "department_error": "부서 시스템에 고장이 있어요",
    "rate_limited": "부서 시스템이 천천히 보내 달라고 해요",
    "gone": "부서 시스템이 이 주소로는 더 받지 않겠다고 해요",
    "refused": "부서 시스템이 이 내용을 받지 않았어요",
    "too_often": "여러 번 보냈지만 받지 않았어요",
    "no_secret": "서명할 비밀 키가 없어요. 관리자에게 알려 주세요",
    "no_way": "이 부서로 보내는 길이 설정에서 없어졌어요",
    "mail_later": "메일 서버가 나중에 다시 보내 달라고 해요",
    "mail_refused": "메일 서버가 받지 않았어요. 메일 주소를 확인해 주세요",
    "mail_login": "메일 서버에 로그인하지 못했어요. 관리자에게 알려 주세요",
    "mail_certificate": "메일 서버의 인증서가 주소와 맞지 않아요. 관리자에게 알려 주세요",
    "mail_no_tls": "메일 서버가 암호화를 하지 않아 보내지 않았어요",
    "mail_unreachable": "메일 서버에 연결되지 않아요",
    "mail_no_server": "메일 서버가 설정되지 않았어요. 관리자에게 알려 주세요",
    "answer_lost": "메일을 보낸 뒤 답을 받지 못했어요. 부서에 메일이 왔는지 물어봐 주세요",
    "unexpected": "프로그램에 문제가 있어 보내지 못했어요. 관리자에게 알려 주세요",
}
# Why what a department sent was not applied.
CALLBACK_FAILURES = {
    "signature_missing": "서명이 없어서 받지 않았어요",
    "signature_wrong": "서명이 맞지 않아서 받지 않았어요",
    "signature_retired": "이제 쓰지 않는 비밀 키로 서명해서 받지 않았어요. 부서에 새 키를 쓰라고 알려 주세요",
    "timestamp_outside_window": "5분이 넘은 서명이라 받지 않았어요. 부서 시스템의 시계를 확인해 주세요",
    "too_large": "내용이 256KB보다 커서 받지 않았어요",
    "wrong_event": "형식이 맞지 않아 읽지 못했어요",
    "unknown_case": "그런 번호의 민원이 없어요",
    "not_its_case": "그 부서의 민원이 아니에요",
    "outdated": "그 뒤에 민원이 이미 바뀌어서 적용하지 않았어요",
    "illegal_change": "민원의 지금 상태에서는 그렇게 바꿀 수 없어요",
    "note_required": "시민에게 알릴 말이 없어서 바꾸지 않았어요",
}


def failure(stored: str | None) -> str:
    """Why it did not go out; the code itself where there are no words."""
    return _sentence(stored, FAILURES)


def callback_failure(stored: str | None) -> str:
    """Why it was not applied."""
    return _sentence(stored, CALLBACK_FAILURES)


def _sentence(stored: str | None, known: dict[str, str]) -> str:
    if not stored:
        return "까닭을 알 수 없어요"
    code, _, detail = stored.partition(":")
    words = known.get(code, f"까닭을 알 수 없어요 (코드 {code})")
    return f"{words} ({detail.strip()})" if detail.strip() else words
