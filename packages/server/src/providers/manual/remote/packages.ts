import { prelude } from "./places.ts";

/**
 * Installs packages with apt-get: `$@`. Which ones came with us, dependencies too, is noted before anything else can
 * happen to them, so that `remove` takes exactly those away, also after a run that was killed.
 */
export const installPackagesScript = `${prelude}
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }
names() { dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\\n' | sed -n 's/^ii *//p' | sort -u; }
mkdir -p $program
[ -f $program/packages.before ] || { names >$program/packages.new; mv $program/packages.new $program/packages.before; }
apt update >/dev/null || fail "apt-get update failed"
dpkg --configure -a >/dev/null
apt install -y --no-install-recommends "$@" >$program/packages.log 2>&1 || fail "apt-get install $*: $(tail -n 1 $program/packages.log)"
names | comm -13 $program/packages.before - >>$program/packages
rm -f $program/packages.before $program/packages.log
`;

/** Which of the packages `$@` apt can install, and for Docker Compose which package is version 2; one a line. */
export const availablePackagesScript = `${prelude}
for name in "$@"; do
  candidate=$(apt-cache policy "$name" 2>/dev/null | sed -n 's/^ *Candidate: *//p')
  case $candidate in
    '' | '(none)') ;;
    *) printf '%s %s\\n' "$name" "$candidate" ;;
  esac
done
`;

/**
 * Debian 12 has no Compose v2. Debian 13's is one statically linked program that runs there, so that file alone is taken
 * from its archive, through lists of our own: the system's apt never hears of it.
 */
export const composeFromTrixieScript = `${prelude}
plugins=/usr/local/lib/docker/cli-plugins
work=$(mktemp -d /var/tmp/cilo-compose.XXXXXX)
trap 'rm -rf "$work"' EXIT
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' | awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \${mirror:-http://deb.debian.org/debian/} trixie main" >$work/trixie.list
mkdir -p $work/lists/partial $work/cache/archives/partial
own() {
  apt-get -q -o Dir::Etc::SourceList=$work/trixie.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$work/lists \\
    -o Dir::Cache=$work/cache -o APT::Sandbox::User=root "$@"
}
cd $work
own update >/dev/null || fail "apt-get update failed for Debian 13's archive"
own download docker-compose >/dev/null || fail "Debian 13's docker-compose could not be downloaded"
dpkg-deb -x docker-compose_*.deb files
mkdir -p $plugins $program
echo $plugins/docker-compose >>$program/files
install -m 0755 files/usr/libexec/docker/cli-plugins/docker-compose $plugins/docker-compose
`;

/** Makes the engine `$1` run, now and after a reboot. */
export const startEngineScript = `${prelude}
[ "$1" = docker ] || exit 0
docker version >/dev/null 2>&1 && exit 0
if systemd; then systemctl enable --now docker >/dev/null 2>&1; else service docker start >/dev/null 2>&1; fi || :
tries=0
until docker version >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -lt 60 ] || fail "the Docker engine does not answer"
  sleep 0.5
done
`;
