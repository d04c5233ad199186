"""The shell scripts that dump a database before its migration.

None has a password among the arguments of a command, where every process of a node may read it. `set -e` and the rename
at the end let only a whole dump have its name; the older ones go after that, so that the volume needs room for one more
than it keeps.

pg_dump     in docker-library/postgres (17/bookworm/Dockerfile: the package postgresql-17, its programs on PATH).
            It takes a connection URI as `--dbname` and in no variable (it does not look into PGDATABASE), so that the
            password is cut out of the URI and given as PGPASSWORD. User and password may also come as `PGUSER` and
            `PGPASSWORD` among the migration's `env`. Parameters of the URI are libpq's, not those of a JDBC driver.
mongodump   in docker-library/mongo (7.0/Dockerfile: the package mongodb-org-tools). It reads URI and
            password from a file of YAML by `--config` (mongo-tools, common/options, ParseConfigFile), its standard
            input. They are apart, as it prints the URI when it cannot connect.
"""

import re
import shlex

from settings.data_store import Engine

FOLDER = "/backup"
"""Where the dumps are mounted."""

_NOT_OF_FILES = re.compile(r"[^A-Za-z0-9_.-]")
_STAMP = "[0-9]" * 8 + "T" + "[0-9]" * 6 + "Z"
_HASH = "[0-9a-f]" * 8

# Leaves the address without its password in `url`, and that in `password`.
_PARTED = r"""
decoded() { local text=${1//\\/\\\\}; printf '%b' "${text//%/\\x}"; }
url=${@KEY@#jdbc:}
password=
rest=${url#*://}
authority=${rest%%[/?]*}
if [[ $authority == *@* ]]; then
  user=${authority%%@*}
  if [[ $user == *:* ]]; then
    password=$(decoded "${user#*:}")
    url="${url%%://*}://${user%%:*}@${rest#*@}"
  fi
fi
"""

_PG_DUMP = r"""
case $url in
  postgresql://* | postgres://*) ;;
  *) echo '@KEY@ holds no address of PostgreSQL' >&2; exit 1 ;;
esac
if [[ $url =~ [?\&]password=([^\&]*) ]]; then
  password=$(decoded "${BASH_REMATCH[1]}")
  url=${url/"password=${BASH_REMATCH[1]}"/application_name=naru}
fi
[[ -z $password ]] || export PGPASSWORD=$password
pg_dump --format=custom --no-password --dbname="$url" --file="$file.partial"
"""

_MONGODUMP = r"""
case $url in
  mongodb://* | mongodb+srv://*) ;;
  *) echo '@KEY@ holds no address of MongoDB' >&2; exit 1 ;;
esac
quoted() { local text=${1//\\/\\\\}; printf '"%s"' "${text//\"/\\\"}"; }
printf 'uri: %s\npassword: %s\n' "$(quoted "$url")" "$(quoted "$password")" |
  mongodump --config=/dev/stdin --archive="$file.partial" --gzip
"""

_DUMPS = {Engine.POSTGRESQL: _PG_DUMP, Engine.MONGODB: _MONGODUMP}


def dump_script(engine: Engine, database: str, url_key: str, digest: str, *, keep: int | None) -> str:
    """Return a script of bash that dumps a database into `FOLDER`, and keeps the newest `keep` of its dumps there.

    A dump is called `<database>-<time>-<digest>.dump`, the digest being that of the migration it was made before.
    Raises KeyError for an engine whose data nothing here can dump.
    """
    name = _NOT_OF_FILES.sub("-", database)
    lines = [
        "umask 077",
        f"rm -f {FOLDER}/{name}-*.partial",
        f"file={FOLDER}/{name}-$(date -u +%Y%m%dT%H%M%SZ)-{digest}.dump",
        (_PARTED.strip() + _DUMPS[engine].rstrip()).replace("@KEY@", url_key),
        'sync "$file.partial"',
        'mv "$file.partial" "$file"',
        'echo "dumped to ${file##*/}, $(stat -c %s "$file") bytes"',
    ]
    if keep is not None:
        # Their names are in the order of time, and exactly of this shape: `a` must not count the dumps of `a-b`.
        found = f"{FOLDER}/{name}-{_STAMP}-{_HASH}.dump"
        lines.append(f"ls -1 {found} | sort -r | tail -n +{keep + 1} | xargs -r rm -f --")
    return "\n".join(lines) + "\n"


def upload_script(bucket: str, prefix: str, region: str, endpoint: str | None) -> str:
    """Return a script of sh that copies the dump in `FOLDER` to a bucket."""
    options = f"--only-show-errors --region {shlex.quote(region)}"
    if endpoint is not None:
        options += f" --endpoint-url https://{endpoint}"
    folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    target = shlex.quote(f"s3://{bucket}/{folder}")
    return f'for file in {FOLDER}/*.dump; do aws s3 cp {options} "$file" {target}"${{file##*/}}"; done\n'
