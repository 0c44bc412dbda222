#!/bin/bash
# Installs the Debian packages named in the lists given (one a line; # begins a comment), if any
# is missing. Where nothing is missing it says nothing and needs neither network nor root.
#
#   packaging/install-packages.sh packaging/apt-packages.txt
set -euo pipefail

if [[ $# -eq 0 ]]; then
  echo "usage: install-packages.sh LIST..." >&2
  exit 2
fi

mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@" | sort -u)
missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $EUID -ne 0 ]]; then
  echo "install-packages.sh: these packages are missing and only root may install them:" >&2
  echo "  apt-get install ${missing[*]}" >&2
  exit 1
fi

echo "installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get() {
  apt-get -q -o DPkg::Lock::Timeout=300 "$@" < /dev/null > "$log" 2>&1 || {
    cat "$log" >&2
    echo "install-packages.sh: apt-get $1 failed, see above" >&2
    exit 1
  }
}
apt_get update
apt_get install -y --no-install-recommends "${missing[@]}"
