#!/usr/bin/env bash
# Makes what is missing in ./secrets for compose.yaml; never overwrites a file. Keep a copy of sotong_vault_key elsewhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder="${1:-secrets}"
umask 077
mkdir -p "$folder"

key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }                      # as SOTONG_VAULT_KEY wants it
word() { head -c 32 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_' | tr -d '='; }  # safe in an address
make() { # make <file> <content>
    if [ -e "$folder/$1" ]; then return; fi
    printf '%s' "$2" >"$folder/$1"
    echo "made $folder/$1"
}

make postgres_password "$(word)"
make redis_password "$(word)"
make sotong_database_password "$(word)"
make sotong_rasa_password "$(word)"
make sotong_database_url "postgresql://sotong:$(cat "$folder/sotong_database_password")@postgres:5432/sotong"
make sotong_rasa_tracker "postgresql://sotong_rasa:$(cat "$folder/sotong_rasa_password")@postgres:5432/sotong_rasa"
make sotong_rasa_locks "redis://:$(cat "$folder/redis_password")@redis:6379/0"
make sotong_vault_key "$(key)"
make sotong_cookie_secret "$(word)"
make sotong_turn_secret "$(word)"
make sotong_actions_secret "$(word)"
make sotong_telegram_webhook_secret "$(word)"
make sotong_metrics_token "$(word)"
# BotFather gives it; empty means that there is no Telegram.
make sotong_telegram_token ""
# The mail server's; empty means that nobody signs in there.
make sotong_smtp_password ""
# What departments' webhooks are signed with (docs/operations/departments.md).
make sotong_departments "{}"

# The folder stays closed to other accounts of this host; inside the containers, where each service has an
# account of its own, the files must be readable.
chmod 700 "$folder"
chmod 644 "$folder"/*
# This one is refused where others can read it: it belongs to the account inside the containers.
chmod 600 "$folder/sotong_departments"
if [ "$(id -u)" -eq 0 ]; then
    chown 10001 "$folder/sotong_departments"
else
    echo "run as root: chown 10001 $folder/sotong_departments"
fi
