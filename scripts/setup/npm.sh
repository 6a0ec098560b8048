# Sourced by demo.sh, test.sh and bench.sh in the checkout's top folder. Installs the npm packages where they are absent
# or older than the lock file, and leaves the Node 24 that they bring in $node.
missing() {
  echo "cilo: $1 is missing — install git, Node 20 or newer and npm first (Debian, Ubuntu: https://nodejs.org)" >&2
  exit 1
}
command -v node >/dev/null 2>&1 || missing node
command -v npm >/dev/null 2>&1 || missing npm

node=node_modules/node/bin/node
installed=node_modules/.package-lock.json
if [ ! -x "$node" ] || [ ! -f "$installed" ] || [ -n "$(find package-lock.json -newer "$installed")" ]; then
  echo "Installing the npm packages (npm ci)"
  npm ci --no-audit --no-fund --loglevel=error
  touch "$installed"
fi
PATH=$PWD/node_modules/.bin:$PATH
export PATH
