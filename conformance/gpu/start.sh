#!/usr/bin/env bash
# Puts the pieces that package.sh made together, in the folder that holds them and this script, and runs check.sh with
# the arguments given. Needs bash, tar, xz and sha256sum.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$here"
if ! sha256sum --quiet -c SHA256SUMS; then
  echo "start.sh: the pieces named above are missing or damaged in $here; bring them again" >&2
  exit 2
fi
if [ ! -f unipic-gpu/complete ]; then
  echo "Unpacking into $here/unipic-gpu" >&2
  cat unipic-gpu.tar.xz.* | tar -xJ
  touch unipic-gpu/complete
fi
exec unipic-gpu/check.sh "$@"
