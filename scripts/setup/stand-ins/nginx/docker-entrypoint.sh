#!/bin/sh
# As the official image: fills /etc/nginx/templates with the environment, runs /docker-entrypoint.d, then the command.
set -eu
if [ "$1" = nginx ]; then
  names=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/${\1}/p' | tr '\n' ' ')
  for template in /etc/nginx/templates/*.template; do
    [ -f "$template" ] || continue
    target=${template##*/}
    envsubst "$names" <"$template" >"/etc/nginx/conf.d/${target%.template}"
  done
  for script in /docker-entrypoint.d/*.sh; do
    [ -x "$script" ] && "$script"
  done
fi
exec "$@"
