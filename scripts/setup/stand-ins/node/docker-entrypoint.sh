#!/bin/sh
# As the official image: an option, or a file that is no program, is handed to node.
set -e
if [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null 2>&1; then
  set -- node "$@"
fi
exec "$@"
