#!/usr/bin/env bash
# Measures how long ./unipic takes to start, in turn with the launcher's archive of classes and without:
#   start-up.sh [ROUNDS]      JAVA_HOME chooses the JDK
# Prints the median and least wall time, and the CPU time, in seconds. The archive must have been made (classes-*.jsa in target).
set -euo pipefail
unipic=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)/unipic
rounds=${1:-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TIMEFORMAT='%R %U %S'

version() { "$unipic" --version >/dev/null; }
generate() { "$unipic" generate "a red circle above a blue square" -q -o "$work/image.png" >/dev/null; }
# To the line that says where it listens.
serve() {
  mkfifo "$work/messages"
  "$unipic" serve --port 0 2>"$work/messages" &
  while read -r line && [[ $line != Listening* ]]; do :; done <"$work/messages"
  kill -KILL $!
  wait $! 2>/dev/null || true
  rm "$work/messages"
}

# The launcher leaves class data sharing to options of the user's that choose it.
for ((round = 0; round <= rounds; round++)); do
  for what in version generate serve; do
    for how in archive without; do
      [ "$how" = archive ] && export UNIPIC_JAVA_OPTS='' || export UNIPIC_JAVA_OPTS=-Xshare:auto
      # The first round only warms up.
      ((round > 0)) && log=$work/$what-$how || log=/dev/null
      { time "$what"; } 2>&1 | tail -n 1 >>"$log"
    done
  done
done
printf '%-10s %-8s %6s %6s %6s\n' command classes median least CPU
for what in version generate serve; do
  for how in archive without; do
    sort -n "$work/$what-$how" | awk -v what="$what" -v how="$how" '
      { wall[NR] = $1; cpu += $2 + $3 }
      END { printf "%-10s %-8s %6.2f %6.2f %6.2f\n", what, how, wall[int((NR + 1) / 2)], wall[1], cpu / NR }'
  done
done
