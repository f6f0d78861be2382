#!/usr/bin/env bash
# Runs OpenAI's client for JavaScript against a server with the built-in model. Needs Node 20 or later, and the network
# for the first run. UNIPIC is the program: ./unipic of this checkout, or "java -jar unipic.jar".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
read -r -a unipic <<<"${UNIPIC:-$here/../../../unipic}"

cd "$here"
[ -d node_modules/openai ] || npm ci --no-audit --no-fund

log=$(mktemp)
"${unipic[@]}" serve --port 0 --queue 0 >"$log" 2>&1 </dev/null &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -f "$log"' EXIT

# Until it says where it listens, and then until the model is loaded.
for _ in $(seq 300); do
  url=$(sed -n 's/^Listening at \(http[^ ]*\).*/\1/p' "$log")
  [ -n "$url" ] && curl -fs "$url/ready" >/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.2
done
UNIPIC_URL=$url npm test
