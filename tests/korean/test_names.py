"""Whose name is found by the words around it, and what looks like a name and is none."""

from __future__ import annotations

import pytest

from korean.name_shapes import likeness
from korean.redact import redact

NAMED = [
    ("저는 홍길동이고 가로등이 꺼졌어요", "홍길동"),
    ("나 홍길동이여 쓰레기차가 안 와", "홍길동"),
    ("보호자 성춘향입니다", "성춘향"),
    ("옆집 이몽룡 씨네 개가 짖어요", "이몽룡"),
    ("성춘향 할머니가 혼자 사세요", "성춘향"),
    ("김철수한테 전화해 주세요", "김철수"),
    ("김영희 앞으로 고지서가 왔어요", "김영희"),
    ("우리 딸 김영희 학교 앞이에요", "김영희"),
    ("제이름은홍길동입니다전화주세요", "홍길동"),
    ("성함 이훈", "이훈"),
    ("남궁억입니다", "남궁억"),
    ("2026년 5월 3일 홍길동", "홍길동"),
    ("위 신청인 홍 길 동 (인)", "홍 길 동"),
    ("아들 이름은 도윤이에요", "도윤"),
    ("온 사람 이름이 홍막새라던데 진짜 직원인가요", "홍막새"),
    ("홍막새 이름으로 신청했는데 취소할게요", "홍막새"),
    ("예금주는 제 동생 홍새솔 입니다", "홍새솔"),
    ("일자리 신청한 홍막동 올시다", "홍막동"),
    ("대출증에 홍소울이라고 써있네요", "홍소울"),
    ("2학년 4반 홍라임 인데 체육복을 잃어버렸어요", "홍라임"),
    ("쌍문동사는홍길순입니다마을버스가그냥가요", "홍길순"),
    ("우리 애 몽룡이가 빌린 책", "몽룡"),
    ("여권 영문이름 지금 HONG GILDONG로 되어있는데", "HONG GILDONG"),
    ("재외동포 제임스 홍 경로우대", "제임스 홍"),
    ("우리 딸 서연이가 다쳤어요", "서연"),
    ("최길동한테 전화해 주세요", "최길동"),
    ("저는 필리핀에서 온 마리벨이에요", "마리벨"),
    ("제 이름은 마리아 산토스예요", "마리아 산토스"),
    ("저는 사토 유미라고 해요", "사토 유미"),
    ("My name is John Smith", "John Smith"),
    ("신청자 Tran Van Duc", "Tran Van Duc"),
    ("이름은 봄이에요", "봄"),
    ("예금주는 국화예요", "국화"),
    ("받는사람 노을 / 문 앞", "노을"),
    ("이름이 속 찬다라라고 합니다", "속 찬다라"),
    ("울아빠이름홍길동인데 지원금 있나요", "홍길동"),
    ("성함은 궉별이고", "궉별"),
    ("저는 개명자이라는 이름 때문에 놀림받아요", "개명자"),
    ("나는 홍 길 동이라고 해요", "홍 길 동"),
    ("아버지 함자가 홍 길 자 동 자 되십니다", "홍 길 자 동 자"),
    ("나 홍말녀여 보일러가 얼었어", "홍말녀"),
    ("저 그날 운전 안 했습니다. 홍길동.", "홍길동"),
    ("손녀딸 서윤이가 학교에 가요", "서윤"),
    ("울 동생 시우 심사 언제 끝나요", "시우"),
    ("친구 가온이랑 가요", "가온"),
    ("해솔이 엄마인데요", "해솔"),
    ("홍춘향 이름으로 접수했어요", "홍춘향"),
    ("저 Nguyễn Minh Châu예요", "Nguyễn Minh Châu"),
    ("집에 사는 간병인 Mary O'Neil 씨", "Mary O'Neil"),
    ("룸메이트 Priya가 아파요", "Priya"),
    ("이름 Gulnara.", "Gulnara"),
    ("일본에서온 다나카 유이예요", "다나카 유이"),
    ("중국 동포 리춘향입니다", "리춘향"),
    ("공공임대 예비입주자 홍길동 순번 문의", "홍길동"),
    ("사회복지사 홍춘향씨 칭찬합니다", "홍춘향"),
    ("58년생 홍길동 연금 언제 나와요", "홍길동"),
    ("홍길동(30대)이 넘어졌어요", "홍길동"),
    ("홍춘향, 여, 45세 실종신고 했습니다", "홍춘향"),
    ("소유자 홍길동외 1인", "홍길동"),
    ("윗집 홍길동네가 밤새 쿵쿵거려요", "홍길동"),
    ("홍길동인지 누군지 시끄러워요", "홍길동"),
    ("그 홍길동인가 하는 사람이 또 왔어요", "홍길동"),
    ("옆집 덕선이가 밤마다 피아노를 쳐요", "덕선"),
    ("5살 은호가 어린이집에서 물렸어요", "은호"),
    ("순덕씨 아들인데요", "순덕"),
    ("여권에는 HONG GILDONG 인데 주민등록은 다르게 나와요", "HONG GILDONG"),
    ("아나스타샤예요 쓰레기 어디에 버려요", "아나스타샤"),
]
UNNAMED = [
    "이순신 축제 언제 하나요",
    "정약용 도서관 열람실",
    "김유정역 가는 버스",
    "홍길동 주무관님이 친절했어요",
    "가게 이름이 행복식당이에요",
    "강아지 이름은 초코예요",
    "제 이름은 밝히고 싶지 않아요",
    "저는 주민이라고 했어요",
    "나는 이 영화를 봤어요",
    "수급자 선정 기준",
    "어머니 모시고 가요",
    "서두르라고 했어요",
    "걱정하는 엄마 올림",
    "문의 드림",
    "저는 이동권을 원합니다",
    "신사동 주민이에요",
    "아들 군대가 문제예요",
    "미국에서 온 교포입니다",
    "저는 유튜버라고 해요",
    "예금주는 엄마예요",
    "이름 없이 제보해도 되나요",
    "이름은 나중에 말할게요",
    "세대주 분리, 전입신고 둘 다 되나요",
    "신청인 거주지, 보호자 동의 필수인가요",
    "성은 바꿀 수 있나요",
    "가게 이름은 달빛이에요",
    "친구 결혼식이 있어요",
    "우리 아이 하나만 있어요",
    "커피 한 잔 주세요",
    "불법이라고 합니다",
    "회사 명의로 신청했어요",
    "Seoul Forest Park 주차장 어디예요",
    "저는 Android Phone이고 앱이 안 열려요",
    "강수량 142mm 왔을 때 잠겼어요",
    "옆집 아저씨 개가 짖어요",
    "목격자 진술서 양식 주세요",
    "보내는 사람: 관리사무소",
    "58년생 이상만 되나요",
    "공원에서 도서관으로 바꿨으면 좋겠어요",
    "고양이가 지하에 있어요",
    "우리동네 마트 이름이 영철이네인데 시끄러워요",
    "진정서, 신청서, 동의서 다 필요한가요",
    "응모자 선정 결과",
    "윤동주 문학관 주차 되나요",
]
# What is read first makes the name beside it plain.
BESIDE = [
    ("Passport P4829173B Philippines, Juan Dela Cruz, 문의", "Juan Dela Cruz"),
    ("M12345678 / HONG GILDONG 여권 이름 변경", "HONG GILDONG"),
    ("Jane Doe / 900227-6829101 / 가족 초청", "Jane Doe"),
    ("저는 노을이고 주민번호는 080329-4471928", "노을"),
    ("위임자 군춘향 730219-2048179", "군춘향"),
    ("계좌 국민 84720192837465 예금주 소춘향 지원금 언제예요", "소춘향"),
]


@pytest.mark.parametrize(("said", "name"), NAMED)
def test_a_name_is_found_whoever_is_named_and_however(said: str, name: str) -> None:
    assert [said[one.start : one.end] for one in redact(said).spans] == [name]


@pytest.mark.parametrize("said", UNNAMED)
def test_officials_places_things_and_common_words_are_no_names(said: str) -> None:
    assert redact(said).spans == ()


def test_the_less_the_words_say_the_more_it_must_look_like_a_name() -> None:
    assert likeness("김영희") > likeness("방정식")
    assert [one.value for one in redact("성함은 방정식").spans] == ["방정식"]
    assert redact("방정식을 풀어요").spans == ()


def test_a_word_with_a_surname_s_syllable_is_less_like_a_name_than_a_name() -> None:
    words = ["신고하", "이후이", "조성하", "정문앞", "양재역", "성수동"]
    names = ["김영희", "이철수", "박순자", "최민수", "남궁억"]
    assert max(map(likeness, words)) < min(map(likeness, names))


@pytest.mark.parametrize(("said", "name"), BESIDE)
def test_a_name_beside_a_number_of_a_person_s_is_found(said: str, name: str) -> None:
    names = [said[one.start : one.end] for one in redact(said).spans if one.kind == "person_name"]
    assert names == [name]


SEVERAL = [
    ("홍길동에서 홍춘향으로 개명했어요", ["홍길동", "홍춘향"]),
    ("참석: 홍길동, 홍춘향, 홍길순", ["홍길동", "홍춘향", "홍길순"]),
    ("서윤이 하준이 둘 다 어린이집 보내요", ["서윤", "하준"]),
]


@pytest.mark.parametrize(("said", "names"), SEVERAL)
def test_several_names_in_one_message_are_all_found(said: str, names: list[str]) -> None:
    assert [said[one.start : one.end] for one in redact(said).spans] == names


def test_surname_and_given_name_told_apart_are_both_found() -> None:
    said = "성은 강전이고 이름은 민이에요"
    assert [one.value for one in redact(said).spans] == ["강전", "민"]
