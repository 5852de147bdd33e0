#!/bin/sh
# Installs the packages of requirements/debian.txt and starts none of their services. Run again, it does nothing.
set -eu
packages=$(sed 's/#.*//' requirements/debian.txt)

if ! command -v apt-get >/dev/null; then
    echo "This is not Debian. The tests need, by the names of its packages:" $packages
    exit 1
fi

missing=''
for package in $packages; do
    case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true) in
        installed) ;;
        *) missing="$missing $package" ;;
    esac
done
if [ -z "$missing" ]; then
    echo "All there:" $packages
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "Run as root: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "Installing$missing"
# Tests start servers of their own. Debian asks this program whether a service may start: none may, for now.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --yes --quiet=2 --no-install-recommends $missing
