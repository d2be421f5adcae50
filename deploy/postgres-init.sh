#!/bin/sh
# Run once by the PostgreSQL image on an empty data folder: one role and one database each for Sotong and for Rasa.
set -eu
password() { sed "s/'/''/g" "/run/secrets/$1"; }
psql -v ON_ERROR_STOP=1 --username postgres <<SQL
CREATE ROLE sotong LOGIN PASSWORD '$(password sotong_database_password)';
CREATE DATABASE sotong OWNER sotong ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
CREATE ROLE sotong_rasa LOGIN PASSWORD '$(password sotong_rasa_password)';
CREATE DATABASE sotong_rasa OWNER sotong_rasa ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE CONNECT ON DATABASE sotong FROM PUBLIC;
REVOKE CONNECT ON DATABASE sotong_rasa FROM PUBLIC;
SQL
