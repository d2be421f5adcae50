"""Makes korean/name_weights.py: how likely a syllable is in a name, against the project's own talk.

Reads only the files of this repository, and writes one module.  Three syllables are taken as
independent (naive Bayes); the given names below are only counted syllable by syllable and never
looked up.  Run `python -m scripts.name_weights` after the lists or the talk changed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "korean" / "name_weights.py"
# Not the lists of places: their 동, 구 and 역 stand in no talk so often.
TALK = ("data/**/*.yml", "city/texts/*.yml", "domain.yml", "docs/**/*.ko.md")

# Persons of a hundred thousand, by surname (census of 2015, rounded; rare ones by one).
SURNAMES = """
김21510 이14700 박8430 최4700 정4330 강2370 조2130 윤2060 장2000 임1660 한1560 오1540 서1520 신1500
권1420 황1410 안1380 송1380 전1130 홍1130 유1300 고950 문930 양920 손920 배810 백770 허660 류400
남560 심550 노510 하470 곽410 성400 차390 주390 우390 구390 민340 나330 진320 지310 엄290 채260
원260 천240 방190 공180 현180 함160 변170 염140 여120 추110 도110 소105 석96 선85 설82 마80 길80
연70 위60 표60 명58 기55 반54 라50 왕50 금50 옥50 육45 인44 맹44 제44 모42 남궁42 탁40 국40 어36
은33 편30 구30 용29 예24 경24 봉23 사22 부21 황보20 가20 복19 태18 목16 진16 형14 계13 피12 두12
감11 음10 빈10 동10 온10 제갈9 사공9 호8 좌7 선우7 팽6 승6 간6 상5 시5 갈5 서문4 단4 견3 화3 창3 초3
필3 독고2 동방2 뇌2 매2 범2 당2 순2 운2 판2 포2 궉1 묵1 미1 비1 삼1 아1 애1 양1 해1 쌍1 망절1 소봉1
강전1 을지1 리6 림3 려1 빙1 옹1 즙1 뢰1 장곡1 어금1
"""
# Given names of four generations, men's and women's, written down as they came to mind.
LEAST = -22
GIVEN = """
영자 순자 정자 춘자 말자 옥자 경자 명자 숙자 화자 영숙 정숙 경숙 미숙 현숙 은숙 순옥 영옥 정옥 금옥
말순 옥순 복순 점순 끝순 순례 점례 복례 순이 분이 금순 영순 정순 명순 순덕 복덕 귀순 옥분 순분 막례
봉순 필순 길순 춘희 정희 영희 순희 명희 경희 숙희 을순 갑순 연옥 계순 월순 두리 순임 정임 영임 옥임
말례 남순 종례 봉례 순녀 복녀 정례 차순 덕순 상순 창순 기순 연순 점분 필례 영수 영호 영철 영식 영길
영만 정수 정식 정호 종수 종식 종철 종호 성수 성호 성철 상수 상철 상호 병철 병수 병호 광수 광호 광식
만수 만식 만복 덕수 덕만 춘식 춘길 용수 용식 용길 재수 재식 재길 동수 동식 동철 기수 기철 길동 길수
태식 태수 창수 창식 창호 경수 경식 경호 명수 명호 명식 인수 인식 인호 진수 진호 문수 문식 홍식 갑수
을수 판수 판석 석봉 봉수 봉식 순식 순철 학수 학철 두식 두환 삼수 막동 복동 일수 일남 삼식 칠성 팔봉
대식 대길 남수 남식 점수 관식 관수 근수 근식 한수 한식 주식 규식 규만 천식 미경 미영 미정 미선 미옥
미란 미자 은주 은영 은경 은정 은희 은미 현주 현정 현숙 현미 경미 경아 경애 정미 정아 정애 정화 정란
혜숙 혜경 혜정 혜란 선영 선희 선미 선옥 선화 성희 성미 성숙 영미 영란 영주 영애 영아 수경 수미 수정
수연 희정 희경 희숙 지숙 연희 연숙 연주 연정 애경 애란 애숙 인숙 인경 인자 재숙 재희 명숙 명옥 명화
문희 문숙 옥희 옥주 진숙 진희 진경 진주 윤희 윤정 성민 성훈 성진 성환 성우 성일 성욱 성태 상훈 상민
상우 상현 상욱 상진 상범 정훈 정환 정민 정현 정우 정욱 영진 영훈 영민 영환 재훈 재현 재호 재영 재석
재혁 재민 재원 재철 재만 진우 진석 진영 진혁 진철 동훈 동현 동욱 동진 동원 동혁 동호 현수 현호 현철
병훈 병진 병욱 경훈 경민 경태 경환 용진 용호 용환 태호 태영 태진 태현 기훈 기현 기영 기범 기태 창민
창훈 창현 종현 종민 종훈 승호 승현 승민 승훈 승철 승우 승환 승재 승용 형석 형준 형진 형철 준석 준영
준호 준수 준식 원석 원준 원식 인철 인석 인환 인규 석진 석훈 석호 석준 석현 대현 대호 대성 대영 대훈
광현 광민 광석 광일 홍석 홍철 홍기 우진 우석 우성 윤호 윤석 윤수 민호 민수 민철 민석 민규 민우 민재
민기 민성 명훈 명진 명철 문석 문호 문혁 학준 한석 한수 한영 흥수 흥식 희철 희준 희석 희수 규호 규석
지영 지은 지혜 지현 지연 지선 지수 지원 지윤 지민 지아 지유 지애 유진 유미 유리 유정 유나 민지 민정
민경 민영 민아 민희 수진 수현 수민 수빈 수아 수지 수연 혜진 혜영 혜원 혜린 혜선 혜림 혜지 은지 은혜
은진 은비 은서 은아 은솔 은별 보람 보라 보영 보경 보미 아름 아영 아람 아라 아린 슬기 나래 나영 나연
나리 나은 다은 다영 다혜 다정 다솜 다인 다희 소영 소연 소희 소라 소현 소정 소윤 소율 소민 하나 하늘
하영 하은 하진 하정 가영 가은 가희 가람 가연 가현 예진 예지 예은 예슬 예원 예림 예나 예린 예솔 윤아
윤지 윤서 윤주 윤미 윤영 연아 연지 연수 연우 세영 세희 세미 세라 세린 세진 세아 새롬 새봄 초롱 빛나
한나 한별 한솔 한결 은결 선아 선주 선경 선우 서영 서희 서연 서현 서윤 서진 서아 서우 서율 서정 채원
채영 채은 채린 채윤 채아 시은 시연 시아 시현 시원 태희 태연 효진 효정 효주 효은 효선 효림 희진 희선
희연 현아 현지 현경 현영 현진 현서 재은 재희 재연 재인 주희 주연 주영 주은 주현 주아 진아 진솔 다현
다연 라희 라은 리나 리아 루나 로운 이슬 이나 이서 이현 이든 이안 아인 아윤 아진 온유 우리 유빈 유주
현우 현준 현민 현석 현성 현승 현빈 현욱 지훈 지호 지환 지성 지원 지용 지석 지섭 지후 지완 지율 민준
민혁 민찬 민서 민호 민건 준혁 준서 준우 준희 준환 준기 준형 준표 준태 서준 서진 서우 도현 도윤 도영
도훈 도하 도원 도경 예준 예찬 예성 시우 시윤 시후 시온 시현 시완 하준 하윤 하람 하율 하진 주원 주호
주환 주형 주안 건우 건호 건희 건영 은우 은호 은찬 은석 은성 이준 유준 유찬 유건 우빈 우주 우현 우재
태민 태윤 태준 태양 태오 태우 태경 승준 승원 승빈 승진 승찬 승윤 재윤 재준 재하 재형 재우 정빈 정연
선호 선우 선재 성준 성현 성빈 성재 성윤 한결 한솔 한빈 한준 한율 로운 로하 단우 동건 동민 동준 동하
동규 동우 규민 규진 규현 규빈 규리 찬우 찬호 찬영 찬혁 찬희 찬민 영재 영준 영우 영빈 상윤 상준 상원
윤재 윤성 윤우 윤찬 원빈 원우 원호 원희 해준 해찬 해인 해성 해솔 인우 인성 인혁 범수 범준 범석 세훈
세준 세현 세민 세찬 효준 효민 효성 휘성 훈민 강민 강현 강우 강산 근우 근호 막동 복동 수동 재동 기동
규동 현동 삼동 귀동 금동 길동 길산 꺽정 몽룡 춘향 길자 영례 판례 순금 순복 옥녀 옥금 옥란 귀례 귀자
남희 남숙 동숙 두례 만례 말분 맹순 명례 무순 미희 병숙 복희 봉희 분례 삼순 상희 소례 신자 양순 양례
연례 영분 오순 외순 용순 용희 원자 위순 유순 인순 일순 임순 재순 점숙 종숙 종희 창숙 춘례 춘옥 태순
태숙 판순 필숙 하순 한순 행자 행숙 향숙 향란 향미 형숙 홍자 화순 화숙 황순 회숙 후남 훈희 흥순 희자
희순 희옥 금자 금숙 금례
"""
SYLLABLES = (
    "렬갑강건걸겸경곤관광교구국권귀규균근금기길나남노누다단달담대덕도돈동두득라란람래량련령례로록룡루린림"
    "마만말맹명모목무문미민박반방백범별병보복본봉부분빈빛삼상새샘서석선설섭성세소솔송수숙순슬승시식신실심"
    "아안애양언연열염엽영예오옥온완요용우욱운웅원월위유육윤율은의이익인일임자장재전점정제조종주준중지진"
    "찬참창채천철청초총추춘충치칠태택판팔평표필하학한해행향허헌혁현형혜호홍화환황회효후훈휘흥희힘"
)


def talk() -> Iterator[str]:
    """Every Hangul word of the project's own talk."""
    for pattern in TALK:
        for path in sorted(ROOT.glob(pattern)):
            yield from re.findall(r"(?<![가-힣])[가-힣]{2,12}", path.read_text(encoding="utf-8"))


def odds(names: Counter[str], words: Counter[str], *, weight: float) -> dict[str, int]:
    """Tenths of the natural logarithm of how much likelier a syllable is in names than in words."""
    in_names, in_words = names.total(), words.total()
    found = {}
    for syllable in sorted({*names, *words}):
        likely = (names[syllable] + weight) / (in_names + 700 * weight)
        common = (words[syllable] + 2.0) / (in_words + 1400)
        # What is seldom seen on either side says less than the counts pretend.
        found[syllable] = max(LEAST, round(10 * math.log(likely / common)))
    return found


def tables() -> dict[str, dict[str, int]]:
    """The four tables: surnames, first and second syllables of given names, given names of one."""
    persons: Counter[str] = Counter()
    for surname, count in re.findall(r"([가-힣]+)([0-9]+)", SURNAMES):
        persons[surname] += int(count)
    # Old words weigh as much as new ones: each word counts once.
    words = sorted(set(talk()))
    first = Counter(word[0] for word in words)
    second = Counter(word[1] for word in words)
    third = Counter(word[2] for word in words if len(word) > 2)
    given = GIVEN.split()
    opening = Counter(name[0] for name in given)
    closing = Counter(name[1] for name in given)
    singles = opening + closing
    # What may stand in a given name, though none of those above has it.
    opening.update(SYLLABLES)
    closing.update(SYLLABLES)
    singles.update(SYLLABLES)
    return {
        "SURNAME": {
            one: value for one, value in odds(persons, first, weight=1.0).items() if one in persons
        },
        "OPENING": odds(opening, second, weight=0.3),
        "CLOSING": odds(closing, third, weight=0.3),
        "SINGLE": odds(singles, second, weight=0.2),
    }


def module(found: dict[str, dict[str, int]]) -> str:
    """The text of the module."""
    lines = [
        '"""How much likelier a syllable is in a name than in other words; data only, decides nothing.',
        "",
        "Made by scripts/name_weights.py.  Tenths of natural logarithms, each with its syllables.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "",
        "def _read(table: str) -> dict[str, int]:",
        "    weights: dict[str, int] = {}",
        "    for group in table.split():",
        '        weight, _, syllables = group.partition(":")',
        '        several = syllables.strip(",").split(",") if "," in syllables else list(syllables)',
        "        weights |= dict.fromkeys(several, int(weight))",
        "    return weights",
        "",
    ]
    for name, table in found.items():
        groups: dict[int, list[str]] = {}
        for syllable, value in table.items():
            groups.setdefault(value, []).append(syllable)
        lines += ["", f'{name} = _read("""']
        for value in sorted(groups, reverse=True):
            members = groups[value]
            long = any(len(one) > 1 for one in members)
            lines += _wrapped(value, members, join="," if long else "")
        lines += ['""")']
    return "\n".join(lines) + "\n"


def _wrapped(value: int, members: Iterable[str], *, join: str) -> Iterator[str]:
    row: list[str] = []
    for one in members:
        row.append(one)
        if len(row) == 30:
            yield f"{value}:{join.join(row)}{',' if join and len(row) == 1 else ''}"
            row = []
    if row:
        yield f"{value}:{join.join(row)}{',' if join and len(row) == 1 else ''}"


if __name__ == "__main__":
    TARGET.write_text(module(tables()), encoding="utf-8")
