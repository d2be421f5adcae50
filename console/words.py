"""Korean words of the console: labels, states, and one sentence per refusal. Must not hold HTML."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from core.attachments import StoredFile
from core.case_status import TITLES, CaseStatus
from core.errors import Refused
from core.models.conversation import Conversation
from core.transcript import Line

CHANNELS = {"web": "웹 채팅", "telegram": "텔레그램", "kakao": "카카오톡", "x": "X"}
# Where a conversation that is not between one citizen and the city takes place.
GROUP = "여럿이 보는 대화방"
POSTS = "글이 나가는 채널"
MODES = {"bot": "봇이 답하는 중", "officer": "담당자가 답하는 중", "closed": "끝난 대화"}
TURN_KINDS = {
    "start": "대화를 시작했어요",
    "photo": "사진이나 파일을 보냈어요",
    "location": "위치를 보냈어요",
    "contact": "연락처를 보냈어요",
    "choice": "단추를 골랐어요",
    "unsupported": "받을 수 없는 형식을 보냈어요",
}
TURN_STATES = {
    "received": "봇이 아직 못 읽음",
    "in_work": "봇이 답을 찾는 중",
    "failed": "봇이 답하지 못함",
}
DELIVERY_STATES = {
    "pending": "보낼 차례를 기다림",
    "sending": "보내는 중",
    "failed": "보내지 못함",
    "unsure": "닿았는지 알 수 없어요",
}
ACTIONS = {"edit": "이미 보낸 글을 고침", "delete": "이미 보낸 글을 지움"}
# What ended a conversation for good: the code of a delivery that failed → what it means.
CLOSED = {
    "blocked": "시민이 텔레그램에서 봇을 차단했어요",
    "deactivated": "시민이 텔레그램 계정을 없앴어요",
    "chat_not_found": "텔레그램에 이 대화방이 없어졌어요",
    "kicked": "대화방에서 봇을 내보냈어요",
    "never_started": "시민이 텔레그램에서 봇과 1:1 대화를 시작한 적이 없어요",
    "is_a_bot": "상대가 사람이 아니라 다른 봇이에요",
    "no_rights": "이 대화방에서 봇이 글을 쓸 권한이 없어요",
    "forbidden": "텔레그램이 이 대화방에 보내는 것을 막았어요",
}
CLOSED_BEFORE = "channel_closed"
DELIVERY_FAILURES = CLOSED | {
    CLOSED_BEFORE: "시민에게 더 보낼 수 없는 대화예요",
    "withdrawn": "철회한 글이에요",
    "taken back": "보내기 전에 거둬들였어요",
    "message_gone": "고치거나 지울 글이 이미 없어요",
    "message_too_old": "오래된 글이라 텔레그램이 고치거나 지우게 해 주지 않아요",
    "cannot_edit": "이미 보낸 글은 이렇게 고칠 수 없어요",
    "empty": "보낼 내용이 없어요",
    "too_long": "글이 너무 길어요",
    "markup": "글의 꾸밈을 텔레그램이 읽지 못했어요",
    "picture_gone": "붙인 사진이 지워지고 없어요",
    "photo_unreadable": "텔레그램이 사진을 읽지 못했어요",
    "file_too_large": "파일이 너무 커요",
    "file_lost": "파일을 찾을 수 없어요",
    "bad_request": "텔레그램이 이 글을 받지 않았어요",
    "unknown_method": "텔레그램 서버가 이 일을 할 줄 몰라요. 관리자에게 알려 주세요",
}
# A file of a citizen that could not be taken.
PROBLEMS = {
    "file_too_large": "20MB보다 큼",
    "photo_too_large": "사진이 10MB보다 크거나 너무 넓음",
    "file_kind": "받을 수 없는 형식",
    "file_lost": "보낸 곳에서 가져오지 못함",
    "photo_unreadable": "사진을 읽을 수 없음",
    "video_unreadable": "동영상을 읽을 수 없음",
    "pdf_unreadable": "PDF를 읽을 수 없음(암호가 걸렸거나 깨짐)",
    "files_today": "오늘 보낸 파일이 너무 많음",
    "files_no_room": "보관할 자리가 없음",
}


def file_state(file: StoredFile) -> str:
    """What stands in the place of a file that is not given out."""
    if file.scan == "infected":
        return "악성코드가 발견되어 지웠어요"
    return "바이러스 검사 중이에요"


FLOOD = "너무 빨리 보내서 자동 답변을 하지 않은 글"
EVENTS = {
    "opened": "접수",
    "status": "상태 바꿈",
    "note": "메모",
    "photos": "사진이나 파일을 더함",
    "rating": "시민 평가",
    "department": "담당 부서 바꿈",
    "merge": "다른 민원을 합침",
    "unmerge": "합친 민원을 풂",
    "inspection": "현장조사",
    "more_time": "보완 기한을 늦춤",
    "remind": "미리 알림",
    "progress": "진행 상황 알림",
    "demand": "독촉",
    "flag": "함께 볼 민원을 살펴봄",
}
# What moved a case's due time.
CLOCK = {
    "start": "처리 기간을 새로 시작",
    "extension": "연장",
    "supplement": "보완 기다림",
    "inspection": "현장조사",
}
SCORES = {1: "많이 아쉬움", 2: "아쉬움", 3: "보통", 4: "좋음", 5: "아주 좋음"}
RATING_DAYS = 30
FLAGS = {"repeat": "반복", "joint": "여러 시민"}
# Groups of states and of due times, as the list of cases offers them.
STATES = {"open": "처리할 민원", "done": "끝난 민원", "all": "모두"}
DUES = {
    "overdue": "기한 지남",
    "today": "오늘 기한",
    "week": "7일 안 기한",
    "paused": "보완 기다림",
}
ORDERS = {"due": "기한이 이른 순서", "new": "접수가 늦은 순서"}
ACTORS = {"citizen": "시민", "officer": "담당자", "system": "시스템", "peer": "연계 기관"}
HANDOVER_REASONS = {
    "officer": "담당자가 먼저 맡음",
    "citizen_asked": "시민이 담당자를 찾음",
    "not_understood": "봇이 두 번 못 알아들음",
    "policy_question": "안내 글로 답하지 못한 질문이 있음",
    "failed_turn": "봇이 답하지 못함",
    "lapsed_draft": "쓰다 만 신고가 있음",
    "emergency": "긴급한 말이 있음",
    "erased": "지운 대화",
}
PURPOSES = (
    "처리를 위해 시민에게 연락",
    "현장 위치 확인",
    "본인 확인",
    "다른 기관으로 이송",
    "기타",
)
# A purpose that says nothing by itself needs words of the officer's own.
PURPOSE_OTHER = "기타"

DONE_MESSAGES = {
    "taken": "대화를 맡았어요. 이제 봇은 답하지 않아요.",
    "answered": "답을 보냈어요.",
    "handed_back": "대화를 봇에게 돌려줬어요.",
    "settled": "기다리는 대화에서 뺐어요.",
    "changed": "상태를 바꾸고 시민에게 알렸어요.",
    "department": "정한 대로 했어요.",
    "post_written": "글을 저장했어요. 다른 담당자가 승인해야 나가요.",
    "post_approved": "승인했어요. 나갈 때가 되면 나가요.",
    "post_withdrawn": "글을 철회했어요.",
    "post_stopped": "게시를 모두 멈췄어요.",
    "post_resumed": "게시를 다시 시작했어요.",
    "merged": "민원을 합치고 시민에게 알렸어요.",
    "unmerged": "합친 것을 풀고 시민에게 알렸어요.",
    "moved": "담당 부서를 바꿨어요.",
    "settled_flag": "살펴본 것을 적었어요.",
    "article_saved": "글을 저장했어요. 이제 시민이 볼 수 있고 챗봇도 이 글로 답해요.",
    "article_confirmed": "오늘 확인했다고 적었어요.",
    "article_ended": "마지막 날을 정했어요. 그 뒤에는 이 글로 답하지 않아요.",
    "already": "이미 처리한 요청이에요. 두 번 보내지 않았어요.",
    "password": "비밀번호를 바꿨어요. 다른 기기에서는 로그아웃됐어요.",
    "disabled": "계정을 사용 중지했어요.",
    "signed_out": "로그아웃했어요.",
}

_SENTENCES = {
    "sign_in_refused": (
        "로그인하지 못했어요. 아이디와 비밀번호를 확인해 주세요. "
        "다섯 번 틀리면 15분 동안 로그인할 수 없어요."
    ),
    "csrf": "화면이 오래되어 요청을 받지 않았어요. 새로 고친 뒤 다시 해 주세요.",
    "form_malformed": "화면이 오래되어 요청을 받지 않았어요. 새로 고친 뒤 다시 해 주세요.",
    "forbidden": "이 일을 할 권한이 없어요. 필요하면 관리자에게 부탁해 주세요.",
    "change_password_first": "먼저 비밀번호를 바꿔 주세요.",
    "flag_unknown": "그 표시를 찾지 못했어요. 화면을 새로 고쳐 주세요.",
    "case_number_unknown": "그 번호의 민원이 없어요. 번호를 다시 확인해 주세요.",
    "export_purpose_missing": "내려받는 까닭을 써 주세요. 접속기록에 남아요.",
    "month_malformed": "달을 2026-11처럼 골라 주세요.",
    "not_found": "찾는 화면이 없어요.",
    "bad_request": "요청을 읽지 못했어요. 다시 해 주세요.",
    "resident_number": (
        "주민등록번호, 외국인등록번호, 여권번호, 운전면허번호는 저장할 수 없어요. "
        "그 번호를 지우고 다시 보내 주세요."
    ),
    "too_large": "보낸 내용이 너무 커요. 사진은 한 장에 10MB까지예요.",
    "busy": "지금 저장소가 바빠요. 잠시 뒤에 다시 해 주세요.",
    "broken": "처리하지 못했어요. 관리자에게 알려 주세요.",
    "login_malformed": "아이디는 영문 소문자·숫자·점·줄표로 3~40자예요.",
    "login_taken": "이미 있는 아이디예요.",
    "officer_name_empty": "이름을 1~60자로 써 주세요.",
    "role_unknown": "역할을 골라 주세요.",
    "department_unknown": "부서를 다시 골라 주세요.",
    "department_same": "지금 담당 부서와 같아요. 다른 부서를 골라 주세요.",
    "not_troubled": "그 사이 이미 정해졌어요. 목록을 다시 봐 주세요.",
    "password_weak": "비밀번호는 10자 이상이고, 아이디가 들어 있지 않아야 해요.",
    "password_same": "지금과 다른 비밀번호로 정해 주세요.",
    "password_mismatch": "새 비밀번호 두 개가 서로 달라요.",
    "password_wrong": "지금 비밀번호가 맞지 않아요. 다섯 번 틀리면 15분 동안 잠겨요.",
    "officer_unknown": "없는 담당자예요.",
    "officer_self": "자기 계정은 스스로 중지할 수 없어요.",
    "last_admin": "마지막 관리자는 중지할 수 없어요. 먼저 다른 관리자를 만들어 주세요.",
    "taken": "다른 담당자가 이 대화를 맡고 있어요.",
    "public_channel": "모두가 보는 채널이에요. 여기에는 승인된 게시글만 나가요.",
    "not_taken": "먼저 대화를 맡아 주세요.",
    "public_conversation": (
        "여럿이 보는 대화방이에요. 여기에 쓰는 말은 모두가 읽어서 맡을 수 없어요. "
        "시민이 1:1 대화로 들어오면 거기서 답해 주세요."
    ),
    "conversation_closed": "더는 보낼 수 없는 대화예요. 까닭은 ‘누가 답하나요’에 있어요.",
    "empty_answer": "보낼 글이나 사진이 없어요.",
    "too_long": "{field}은(는) {limit}자까지 쓸 수 있어요.",
    "alt_missing": "사진마다 설명을 써 주세요. 화면을 볼 수 없는 분이 설명을 들어요.",
    "photo_missing": "설명만 있고 사진이 없어요. 사진을 고르거나 설명을 지워 주세요.",
    "photo_unreadable": "사진을 읽을 수 없어요. JPG·PNG 사진인지 확인해 주세요.",
    "photo_too_large": "사진이 너무 커요. 한 장에 10MB까지예요.",
    "too_many_photos": "사진은 한 번에 {limit}장까지예요.",
    "stale": "그 사이 다른 사람이 이 민원을 바꿨어요. 바뀐 내용을 보고 다시 저장해 주세요.",
    "illegal_change": "‘{current}’에서 ‘{to}’(으)로는 바꿀 수 없어요.",
    "length_missing": "늘릴 길이를 1 이상의 숫자로 써 주세요.",
    "agency_missing": "이송할 기관의 이름을 써 주세요.",
    "status_missing": "바꿀 상태를 골라 주세요.",
    "merge_unknown": "합칠 민원의 접수번호를 정확히 써 주세요.",
    "merge_self": "같은 민원이에요. 다른 접수번호를 써 주세요.",
    "merge_done": "{number} 민원은 이미 끝났거나 다른 민원에 합친 것이에요. 처리 중인 민원을 골라 주세요.",
    "merge_none": "그 사이 합친 것이 풀렸어요.",
    "note_required": "‘{to}’(으)로 바꿀 때는 시민에게 알릴 말을 써 주세요.",
    "reason_missing": "바꾸는 까닭을 써 주세요. 시민에게는 보이지 않아요.",
    "purpose_missing": "보는 까닭을 골라 주세요. ‘기타’는 내용을 써 주세요.",
    "token_unknown": "이 정보는 없거나 지워졌어요.",
    "question_missing": "물어볼 말을 써 주세요.",
    "search_busy": "지금은 찾는 프로그램이 답하지 않아요. 잠시 뒤에 다시 해 주세요.",
    "search_broken": "찾는 프로그램에 연결하지 못했어요. 관리자에게 알려 주세요.",
    "article_title": "제목을 300자까지 써 주세요.",
    "article_body": "글을 써 주세요. 태그나 그림만 있으면 저장할 것이 없어요.",
    "article_source": "어디에서 확인했는지 출처를 써 주세요. 출처가 없는 글로는 답하지 않아요.",
    "article_key": "주소 이름은 영문 소문자·숫자·줄표로 써 주세요. 비워 두면 저절로 정해져요.",
    "article_key_taken": "‘{key}’라는 주소 이름은 이미 있어요. 다른 이름을 써 주세요.",
    "article_words": "낱말은 {most}개까지, 하나에 {longest}자까지 쓸 수 있어요.",
    "article_day": "날짜를 2026-05-04처럼 써 주세요.",
    "article_dates": "마지막 날이 시작하는 날보다 앞서요.",
    "article_same": "제목과 글이 같은 안내 글이 이미 있어요: ‘{key}’",
    "article_related": "함께 볼 글에 ‘{key}’라는 글이 없어요.",
    "article_unknown": "그 글을 찾지 못했어요.",
    "article_personal": "개인정보로 보이는 말이 있어요. 아래에서 확인해 주세요. 아직 저장하지 않았어요.",
    "article_stale": (
        "그 사이 다른 담당자가 이 글을 바꿨어요. 아직 저장하지 않았고, 쓴 글은 아래에 그대로 있어요. "
        "바뀐 것을 보고 다시 저장해 주세요."
    ),
    "vault_closed": (
        "이 정보는 지금 가진 암호키로 열리지 않아요. 시민에게 다시 물어보거나, 관리자에게 "
        "암호키를 확인해 달라고 해 주세요."
    ),
}


def sentence(refused: Refused) -> str:
    """What a person reads when a rule says no; a code without a sentence gets the general one."""
    template = _SENTENCES.get(refused.code, _SENTENCES["bad_request"])
    return template.format_map(defaultdict(str, {k: str(v) for k, v in refused.values.items()}))


def status_title(status: str) -> str:
    """The Korean name of a case's state."""
    return TITLES[CaseStatus(status)]


def handover_reason(reason: str) -> str:
    """Why a conversation waits: ``code`` or ``code:detail`` in words, anything else as it was written."""
    return HANDOVER_REASONS.get(reason.partition(":")[0], reason)


def place(conversation: Conversation, *, posts_go_here: bool) -> str | None:
    """What kind of place a conversation is that others read too; None for a private one."""
    if posts_go_here:
        return POSTS
    return GROUP if conversation.visibility != "private" else None


def closed_because(conversation: Conversation, lines: Sequence[Line]) -> str:
    """Why nothing reaches this conversation any more: what failed since the citizen last wrote.

    Without such a failure the provider itself has told us that the bot was blocked or sent away.
    """
    for line in reversed(lines):
        if line.kind == "turn":
            break
        if line.failure in CLOSED:
            return CLOSED[line.failure]
    return CLOSED["blocked" if conversation.visibility == "private" else "kicked"]


def line_state(line: Line) -> str:
    """What became of a message; empty when it went its usual way."""
    if line.kind == "turn":
        return FLOOD if line.failure == "flood" else TURN_STATES.get(line.state, "")
    state = DELIVERY_STATES.get(line.state, "")
    if line.state == "failed" and line.failure:
        return f"{state}: {delivery_failure(line.failure)}"
    if line.state == "pending" and line.failure:
        return "아직 보내지 못해 다시 해 보는 중"
    return state


def delivery_failure(code: str) -> str:
    """Why a message did not go out; a code without words is shown itself, for the administrator."""
    return DELIVERY_FAILURES.get(code, f"까닭을 알 수 없어요 (코드 {code})")


def problems(codes: Iterable[str]) -> str:
    """Why files could not be taken, each reason once with the number of its files."""
    counts = Counter(PROBLEMS.get(code, PROBLEMS["file_lost"]) for code in codes)
    return ", ".join(f"{text} ({n}개)" if n > 1 else text for text, n in counts.items())
