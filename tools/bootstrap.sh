#!/bin/sh
# Usage: bootstrap.sh PYTHON [LOCK]. Finds or fetches uv, makes .venv, installs exactly what LOCK says.
set -eu
python=$1
lock=${2:-}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "duban needs Python 3.11 or newer; '$python' is $("$python" -V 2>&1). Try: make PYTHON=python3.12 ..." >&2
    exit 1
}

uv=$(command -v uv 2>/dev/null || true)
if [ -z "$uv" ]; then
    uv=.tools/bin/uv
    if [ ! -x "$uv" ]; then
        echo "setting up: uv into .tools"
        if "$python" -m venv .tools >/dev/null 2>&1; then
            .tools/bin/python -m pip install -q --disable-pip-version-check uv
        elif "$python" -m pip --version >/dev/null 2>&1; then
            rm -rf .tools
            "$python" -m pip install -q --disable-pip-version-check --target .tools uv
        else
            rm -rf .tools
            echo "This Python has neither venv nor pip. Install one of them first: apt-get install python3-venv" >&2
            exit 1
        fi
    fi
fi
[ -n "$lock" ] || exit 0

export UV_LINK_MODE="${UV_LINK_MODE:-copy}"
[ -x .venv/bin/python ] || "$uv" venv -q --python "$python" .venv
echo "setting up: packages of $lock into .venv"
VIRTUAL_ENV="$PWD/.venv" "$uv" pip sync -q --require-hashes --compile-bytecode "$lock"
VIRTUAL_ENV="$PWD/.venv" "$uv" pip install -q --no-deps -e . 
