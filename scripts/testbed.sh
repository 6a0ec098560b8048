#!/bin/sh
# Hosts for end-to-end tests; see testbed/main.ts.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup/npm.sh
exec "$node" testbed/main.ts "$@"
