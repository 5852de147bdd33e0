#!/bin/sh
# Prints the Python to make .venv/ with: the newest tried one of 3.11 to 3.13, else any python3 that is new enough.
# PYTHON=/path/to/python names one. Says what to do when there is none.
set -u
too_old='' without_venv=''
for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    # A launcher may be there and still refuse to run, so each is tried.
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        too_old="$python is $version"
    elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        without_venv=$python
    else
        command -v "$python"
        exit 0
    fi
done
if [ -n "$without_venv" ]; then
    echo "$without_venv cannot make virtual environments. On Debian: apt-get install python3-venv" >&2
elif [ -n "$too_old" ]; then
    echo "Python 3.11 or newer is needed, and $too_old. Install one, or name it: make setup PYTHON=/path/to/python" >&2
else
    echo "Python 3.11 or newer is needed, and there is none. Install one, or name it: make setup PYTHON=/path/to/python" >&2
fi
exit 1
