#!/usr/bin/env bash
# Every public header compiles alone, in C and (when g++ is there) in C++, without a warning.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
n=0
for header in include/agglo/*.h; do
    n=$((n + 1))
    name=${header#include/}
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        gcc -std=c17 -Wall -Wextra -pedantic -Werror -Iinclude -x c -fsyntax-only - || { echo "$header fails in C"; bad=1; }
    if command -v g++ >/dev/null; then
        printf '#include "%s"\n' "$name" |
            g++ -std=c++23 -Wall -Wextra -pedantic -Werror -Iinclude -x c++ -fsyntax-only - || { echo "$header fails in C++"; bad=1; }
    fi
done
[ "$n" -gt 0 ] || { echo "no headers"; exit 1; }
[ "$bad" = 0 ] && echo "$n headers compile alone"
exit "$bad"
