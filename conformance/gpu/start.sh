#!/usr/bin/env bash
# Puts the pieces that package.sh made together, in the folder that holds them and this script, and runs check.sh with
# the arguments given; without pieces, what was unpacked before. Needs bash, tar, xz and sha256sum.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
bundle=$here/unipic-gpu
# Once whole, it holds the sums of the pieces that it came from.
if ! cmp -s "$here/SHA256SUMS" "$bundle/SHA256SUMS"; then
  if ! (cd "$here" && sha256sum --quiet -c SHA256SUMS); then
    echo "start.sh: the pieces named above are missing or damaged in $here; bring them again" >&2
    exit 2
  fi
  echo "Unpacking into $bundle" >&2
  rm -rf "$bundle"
  cat "$here"/unipic-gpu.tar.xz.* | xz -dc -T0 | tar -x -C "$here"
  cp "$here/SHA256SUMS" "$bundle/"
fi
exec "$bundle/check.sh" "$@"
