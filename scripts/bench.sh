#!/bin/sh
# Measures; see bench/run.ts.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup/npm.sh
exec "$node" bench/run.ts "$@"
