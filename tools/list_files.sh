#!/bin/sh
# Lists the C files (for spec: the records, for include: the headers) below a folder, sorted, one a line.
cd "$(dirname "$0")/.." || exit 1
case $1 in
spec) find spec -name '*.toml' ;;
include/*) find "$1" -name '*.h' ;;
*) [ -d "$1" ] && find "$1" -name '*.c' ;;
esac | LC_ALL=C sort
exit 0
