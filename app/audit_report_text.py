"""Words the monthly check of the audit log in Korean. Must count nothing: see ``core.audit_report``."""

from __future__ import annotations

from typing import Any

from core.audit_report import (
    MANY_A_DAY,
    MANY_REFUSALS,
    NIGHT_BEGINS,
    NIGHT_ENDS,
    SOME_A_DAY,
    TIMES_USUAL,
    ActorMonth,
    MonthReport,
)


def report_data(report: MonthReport, names: dict[int, str]) -> dict[str, Any]:
    """The report as JSON data."""
    return {
        "month": report.month,
        "lines": report.lines,
        "refused_unknown": report.refused_unknown,
        "actors": [
            {
                "actor": each.actor,
                "name": name_of(each.actor, names),
                "sign_ins": each.sign_ins,
                "refused": each.refused,
                "reads": each.reads,
                "reveals": each.reveals,
                "exports": each.exports,
                "changes": each.changes,
                "at_night": each.at_night,
                "days_off": each.days_off,
                "places": sorted(each.places),
                "unusual_days": [
                    {"day": day.isoformat(), "looks": count} for day, count in each.unusual_days
                ],
            }
            for each in report.actors
        ],
    }


def report_text(report: MonthReport, names: dict[int, str]) -> str:
    """The report for a privacy officer to read, print and sign."""
    year, month = report.month.split("-")
    lines = [
        f"접속기록 월간 점검표 — {year}년 {int(month)}월",
        "근거: 개인정보의 안전성 확보조치 기준 제8조(접속기록의 보관 및 점검)",
        "",
        f"기록 {report.lines}건, 계정 {len(report.actors)}개",
    ]
    if not report.lines:
        lines.append("이 달에는 기록이 없습니다.")
    for each in report.actors:
        lines += ["", *_actor(each, names)]
    attention = _attention(report, names)
    lines += ["", "[살펴볼 것]", *(attention or ["  없습니다."]), ""]
    lines += [
        f"야간: {NIGHT_BEGINS}시~{NIGHT_ENDS}시. 휴일: 토·일요일과 공휴일. "
        f"많은 날: 하루 {MANY_A_DAY}건 이상이거나 {SOME_A_DAY}건 이상이면서 "
        f"평소의 {TIMES_USUAL}배를 넘은 날.",
        "확인한 사람:                  확인한 날:                  조치:",
    ]
    return "\n".join(lines)


def name_of(actor: str, names: dict[int, str]) -> str:
    """An officer's name; empty for anybody else."""
    kind, _, number = actor.partition(":")
    return names.get(int(number), "") if kind == "officer" and number.isdigit() else ""


def _actor(each: ActorMonth, names: dict[int, str]) -> list[str]:
    name = name_of(each.actor, names)
    places = ", ".join(sorted(each.places)) or "-"
    return [
        f"■ {each.actor}{f' ({name})' if name else ''}",
        f"  로그인 {each.sign_ins}회, 실패 {each.refused}회 · 접속지 {places}",
        f"  조회·검색 {each.reads}건, 개인정보 열람 {each.reveals}건, 내려받기 {each.exports}건, "
        f"처리 {each.changes}건",
        f"  그중 야간 {each.at_night}건, 휴일 {each.days_off}건",
    ]


def _attention(report: MonthReport, names: dict[int, str]) -> list[str]:
    found = []
    for each in report.actors:
        name = name_of(each.actor, names) or each.actor
        found += [
            f"  · {name}: {day:%m월 %d일} 하루에 {count}건을 보았습니다."
            for day, count in each.unusual_days
        ]
        # Machines work at night and on holidays.
        if each.actor.startswith(("officer:", "cli")):
            if each.at_night:
                found.append(f"  · {name}: 야간에 {each.at_night}건을 보았습니다.")
            if each.days_off:
                found.append(f"  · {name}: 휴일에 {each.days_off}건을 보았습니다.")
        if each.exports:
            found.append(f"  · {name}: 내려받기 {each.exports}건의 사유를 확인하세요.")
        if each.refused >= MANY_REFUSALS:
            found.append(f"  · {name}: 로그인에 {each.refused}번 실패했습니다.")
    if report.refused_unknown >= MANY_REFUSALS:
        found.append(f"  · 없는 아이디로 로그인을 {report.refused_unknown}번 시도했습니다.")
    return found
