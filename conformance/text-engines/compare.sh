#!/usr/bin/env bash
# Text, token by token: ours in int4, llama.cpp in Q4_0 and Jlama in Q4, in turns, on the same shapes. See README.md.
#   compare.sh [ROUNDS]     default 3
#   JAVA_HOME               a JDK 22 or later
#   THREADS, TOKENS         default 2 and 32
#   CONTEXTS                tokens before those that are timed; default "64 1024"
#   MODEL                   ours: an int4 folder; default that of bench --published
#   TEXT_ENGINES            where models and libraries are kept, 9 GB; default ~/.cache/unipic/text-engines
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
unipic=$here/../../unipic
rounds=${1:-3}
threads=${THREADS:-2}
tokens=${TOKENS:-32}
read -ra contexts <<<"${CONTEXTS:-64 1024}"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/unipic
work=${TEXT_ENGINES:-$cache/text-engines}
model=${MODEL:-$cache/published/int4}
llama_version=3.22.1 # of the npm package; it carries llama.cpp v0.5.0
llama=$work/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64
log=$work/log

fail() {
  printf 'compare.sh: %s\n' "$1" >&2
  exit 1
}

[ "$(uname -sm)" = "Linux x86_64" ] || fail "this is for Linux on x86-64"
java=${JAVA_HOME:?set it to a JDK 22 or later}/bin/java
[ "$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')" -ge 22 ] || fail "set JAVA_HOME to a JDK 22 or later"
mkdir -p "$work"
: >"$log"

llama() {
  "$java" --enable-native-access=ALL-UNNAMED "$here/LlamaCpp.java" "$llama" "$@" 2>>"$log"
}

# $1: native, or vector for Java's vectors instead of jlama-native. With vectors of 256 bits, as with 512 Jlama refuses 8-bit
# activations at these sizes (8960 / 32 is no multiple of 16) and takes float32, which is half as fast.
jlama() {
  local force=false
  [ "$1" = native ] || force=true
  "$java" -Xmx6g -XX:MaxVectorSize=32 --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    -Djlama.force_panama_tensor_operations=$force -Dorg.slf4j.simpleLogger.defaultLogLevel=info \
    -cp "$(cat "$work/jars")" "$here/Jlama.java" "${@:2}" 2>>"$log"
}

ours() {
  local joined=${contexts[*]}
  "$unipic" bench --model "$model" --tasks text --threads "$threads" --tokens "$tokens" --context "${joined// /,}" 2>>"$log"
}

# A step that is done once; what it makes appears under its name only when whole.
once() {
  [ -e "$work/$1" ] && return
  echo "making $work/$1" >&2
  rm -rf "$work/part"
  "${@:2}" "$work/part" >>"$log" 2>&1 || fail "$1 could not be made; $log says why"
  mv "$work/part" "$work/$1"
}

packages() {
  npm install --prefix "$work" --no-save --ignore-scripts "@node-llama-cpp/linux-x64@$llama_version" &&
    mvn -B -q -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath -Dmdep.outputFile="$1"
}

[ -d "$model" ] || "$unipic" bench --published --precision int4 --tasks text --tokens 1 --context 1 >>"$log"
once jars packages
once weights "$java" "$here/Weights.java" "$cache/published/checkpoint"
once qwen2-q4_0.gguf llama quantize "$work/weights/qwen2-bf16.gguf"
once jlama-q4 jlama native quantize "$work/weights/huggingface"

# Lines: who, context, tokens a second, bytes of weights a token where known; and the bandwidth that ours measures.
measure() {
  ours | awk '
    /^memory bandwidth/ { print "bandwidth", $3 }
    /^Text after/ { context = $3 }
    /^  tokens / { speed = $2 }
    /^  weights read/ { print "ours", context, speed, $3 * 1e9 }'
  llama bench "$work/qwen2-q4_0.gguf" "$threads" "$tokens" "${contexts[@]}" | sed 's/^/llama.cpp /'
  jlama native bench "$work/jlama-q4" "$threads" "$tokens" "${contexts[@]}" | sed 's/^/jlama-native /'
  jlama vector bench "$work/jlama-q4" "$threads" "$tokens" "${contexts[@]}" | sed 's/^/jlama-vector /'
}

for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds" >&2
  measure
done | awk '
  function median(list,   n, v, i, j, t) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] + 0 < v[j - 1] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2
  }
  $1 == "bandwidth" { read = read " " $2; next }
  { key = $1 " " $2; if (!(key in speeds)) order[++count] = key; speeds[key] = speeds[key] " " $3; bytes[key] = $4 }
  END {
    printf "memory bandwidth %.1f GB/s, read in Java\n\n", median(read)
    printf "%-13s %6s %9s %12s %9s %9s  %s\n", "", "behind", "tokens/s", "ours/theirs", "GB/token", "bandwidth", "each round"
    for (i = 1; i <= count; i++) {
      split(order[i], part, " ")
      speed = median(speeds[order[i]])
      printf "%-13s %6d %9.2f %12.2f %9.3f %8.0f%% %s\n", part[1], part[2], speed, median(speeds["ours " part[2]]) / speed,
        bytes[order[i]] / 1e9, 100 * speed * bytes[order[i]] / 1e9 / median(read), speeds[order[i]]
    }
  }'
