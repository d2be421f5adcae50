"""What each reason of a failed way means to an operator, in one table. Must not decide what happens then."""

from __future__ import annotations

SENTENCES = {
    "unreachable": "no connection to the address; ask the department whether it runs",
    "timeout": "it took longer than 10 seconds",
    "connection_lost": "the connection broke off",
    "tls_certificate": "its certificate does not fit the address or is not trusted; the department "
    "renews it, or set SOTONG_DEPARTMENT_CA_FILE for an authority of the city's own",
    "tls_failed": "TLS could not be agreed on",
    "html_answer": "it answered with a web page: a proxy or a log-in stands before the department",
    "no_json": "it answered with broken JSON",
    "redirect": "it sends us to another address, which we do not follow; correct departments.yml",
    "signature_refused": "it does not accept our signature; compare the secrets",
    "not_found": "there is nothing at this address; correct departments.yml",
    "department_error": "the department's system has a fault of its own",
    "rate_limited": "it asks us to be slower",
    "gone": "it wants no more events at this address",
    "refused": "it does not take this event",
    "no_secret": "there is no secret 'out' for it in SOTONG_DEPARTMENT_SECRETS",
    "no_way": "its way was taken out of departments.yml",
    "mail_later": "the mail server wants it later",
    "mail_refused": "the mail server refuses it; look at the mailbox's address",
    "mail_login": "the mail server refuses SOTONG_SMTP_USER and SOTONG_SMTP_PASSWORD",
    "mail_certificate": "the mail server's certificate does not fit; set SOTONG_DEPARTMENT_CA_FILE "
    "for an authority of the city's own",
    "mail_no_tls": "the mail server offers no STARTTLS; look at SOTONG_SMTP_TLS",
    "mail_unreachable": "no connection to the mail server",
    "mail_no_server": "SOTONG_SMTP_HOST is not set",
    "answer_lost": "nobody knows whether the mail arrived",
}


def explain(failure: str) -> str:
    """The sentence for a stored reason (``code: detail``)."""
    return SENTENCES.get(failure.partition(":")[0], "see docs/operations/departments.md")
