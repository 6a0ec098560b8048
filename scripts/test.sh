#!/bin/sh
# Installs what the tests need and runs all of them; see scripts/test.ts.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup/npm.sh
exec "$node" scripts/test.ts "$@"
