#!/usr/bin/env bash
# Fails when a tracked (or not yet ignored) text file names a path of somebody's machine or holds a leftover of editing.
set -u
cd "$(dirname "$0")/.." || exit 1
pattern='(^|[^A-Za-z0-9_.])/(work|home|root|Users)/[A-Za-z0-9_.]|/tmp/h/|^(<<<<<<<|>>>>>>>) |(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)'
list=$(git ls-files --cached --others --exclude-standard | grep -v -e '^tools/words\.sh$' -e '^third_party/' | LC_ALL=C sort)
[ -n "$list" ] || { echo "no files"; exit 1; }
hits=$(printf '%s\n' "$list" | tr '\n' '\0' | xargs -0 grep -n -I -E "$pattern" --)
if [ -n "$hits" ]; then
    printf '%s\n' "$hits" | cut -c1-200
    exit 1
fi
echo "$(printf '%s\n' "$list" | wc -l) files are clean"
