#!/usr/bin/env bash
# All static checks of `./dev lint`. The last line is "N passed, N failed", one for each check.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0

check() {
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then
        passed=$((passed + 1))
        printf 'ok      %s: %s\n' "$name" "${out##*$'\n'}"
    else
        failed=$((failed + 1))
        printf 'not ok  %s\n%s\n' "$name" "$out"
    fi
}

clang_format() {
    local f bad=0
    while IFS= read -r -d '' f; do
        clang-format-14 --dry-run -Werror "$f" 2>/dev/null || { echo "not laid out: $f (./dev format does it)"; bad=1; }
    done < <(find src include tests fuzz bench -name '*.[ch]' -print0 | LC_ALL=C sort -z)
    [ "$bad" = 0 ] && echo "clang-format has nothing to change"
}

records() {
    local list dir
    mapfile -t list < <(find spec -name '*.toml' | LC_ALL=C sort)
    [ ${#list[@]} -gt 0 ] || { echo "no records"; return 1; }
    dir=$(mktemp -d)
    python3 tools/spec.py c "$dir/spec.c" "${list[@]}" && echo "${#list[@]} records are sound"
    local rc=$?
    rm -rf "$dir"
    return "$rc"
}

# Every record has its op, and the other way round.
pairs() {
    local ops specs
    ops=$(find src/op/*/ -name '*.c' | sed 's|src/op/||; s|\.c$||' | grep -v '_part$' | LC_ALL=C sort)
    specs=$(find spec -name '*.toml' | sed 's|spec/||; s|\.toml$||' | LC_ALL=C sort)
    local missing
    missing=$(LC_ALL=C comm -13 <(echo "$ops") <(echo "$specs"))
    [ -z "$missing" ] || { printf "records without src/op file: %s\n" "$missing"; return 1; }
    echo "every record has its op"
}

shell() {
    command -v shellcheck >/dev/null || { echo "no shellcheck here: left out"; return 0; }
    shellcheck dev .ci/run tools/*.sh && echo "shellcheck is content"
}

python() {
    local f
    while IFS= read -r f; do
        python3 -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' "$f" || return 1
    done < <(find tools tests -name '*.py')
    echo "the Python files parse"
}

check layers python3 tools/layers.py
check format clang_format
check headers bash tools/headers.sh
check records records
check ops pairs
check words bash tools/words.sh
check shell shell
check python python
check size python3 tools/size.py
printf '\nsize report\n'
python3 tools/size.py
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
