#!/bin/bash
# Runs once, when the data folder is made: a database and a role for each file in /secrets/roles, which holds the
# role's password. A role owns its own database and cannot connect to another's.
# (The image may source this file: it sets no options and ends with no `exit`.)

countersign_psql() {
  psql -v ON_ERROR_STOP=1 --quiet --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres "$@"
}

for countersign_file in /secrets/roles/*; do
  # psql reads the password from the file: on the command line it would show in the process list.
  countersign_psql -v file="$countersign_file" -v role="$(basename "$countersign_file")" <<'SQL'
\set password `cat :'file'`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done

# PUBLIC may connect to these by default.
countersign_psql -c 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'
