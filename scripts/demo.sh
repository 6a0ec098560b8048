#!/bin/sh
# Shows what Cilo does on this machine; see scripts/demo.ts.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup/npm.sh
exec "$node" scripts/demo.ts "$@"
