#!/usr/bin/env bash
# Tests a machine with an NVIDIA GPU in one call: driver, libraries, conformance, benchmark. Needs no network.
#   check.sh [--provider cuda|tensorrt] [--model DIR [--reference FILE]] [--out DIR]
# Runs the unipic beside it, as package.sh lays it out, or else that of the source tree (there with -Pcuda if CUDA is not
# installed: see docs/gpu.md). Reports, logs and a summary come to DIR and DIR.tar.gz; DIR is unipic-gpu-report if not
# given. Exit codes: 0 all passed, 1 something failed, 2 wrong usage or no GPU.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
unipic=$here/unipic
[ -x "$unipic" ] || unipic=$here/../../unipic
provider=cuda
model=
reference=
out="unipic-gpu-report"

fail() {
  printf 'check.sh: %s\n' "$1" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --provider | --model | --reference | --out)
      [ $# -ge 2 ] || fail "$1 lacks its value"
      case $1 in
        --provider) provider=$2 ;;
        --model) model=$2 ;;
        --reference) reference=$2 ;;
        --out) out=$2 ;;
      esac
      shift 2
      ;;
    -h | --help)
      sed -n '2,7s/^# //p' "$0"
      exit 0
      ;;
    *) fail "there is no option $1; see --help" ;;
  esac
done
[ -z "$reference" ] || [ -n "$model" ] || fail "--reference is of a model folder; give that with --model"

options=(--provider "$provider")
case $provider in
  # Products are rounded to 10 bits of mantissa otherwise, which is no error, but not float32 either.
  cuda) options+=(--provider-option use_tf32=0) ;;
  tensorrt)
    mkdir -p "$out/engines" || fail "$out cannot be written"
    options+=(--provider-option "trt_engine_cache_path=$out/engines" --provider-option "trt_timing_cache_path=$out/engines")
    ;;
  *) fail "--provider is $provider; give cuda or tensorrt" ;;
esac

mkdir -p "$out" || fail "$out cannot be written"
: >"$out/summary.txt"
failed=0

# step NAME COMMAND...: its output to the screen and NAME.log, its fate to the summary.
step() {
  local name=$1 start=$SECONDS code
  shift
  printf '== %s: %s\n' "$name" "$*"
  "$@" 2>&1 | tee "$out/$name.log"
  code=${PIPESTATUS[0]}
  printf '%-22s %-10s %5d s\n' "$name" "$([ "$code" = 0 ] && echo passed || echo "failed ($code)")" $((SECONDS - start)) >>"$out/summary.txt"
  [ "$code" = 0 ] || failed=1
  return "$code"
}

finish() {
  printf '\n'
  cat "$out/summary.txt"
  rm -rf "$out/engines"
  tar -czf "$out.tar.gz" -C "$(dirname "$out")" "$(basename "$out")" && printf 'All of it: %s\n' "$out.tar.gz"
  exit "$1"
}

# nvidia-smi comes with the driver; a container may have the one without the other, so it decides nothing.
step driver nvidia-smi || failed=0
if ! step libraries "$unipic" info --verbose "${options[@]}"; then
  # The whole list of what is missing.
  step missing "$unipic" info --verbose
  finish 2
fi

label=()
if card=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | head -n 1) && [ -n "$card" ]; then
  label=(--label "gpu=$card")
fi
step conformance "$unipic" conformance run --suite full --strict "${options[@]}" ${label[@]+"${label[@]}"} --out "$out/conformance"
step conformance-fp16 "$unipic" conformance run --suite full --strict --precision fp16 "${options[@]}" ${label[@]+"${label[@]}"} --out "$out/conformance-fp16"
if [ -n "$model" ]; then
  step conformance-model "$unipic" conformance run --suite full --strict --model "$model" \
    ${reference:+--reference "$reference"} "${options[@]}" ${label[@]+"${label[@]}"} --out "$out/conformance-model"
fi

# Older builds have no benchmark.
if "$unipic" bench --help >/dev/null 2>&1; then
  if [ -n "$model" ]; then
    step bench "$unipic" bench --model "$model" --provider "$provider" --size 256,512,1024 --iterations 32 --repeat 3 --json "$out/bench.json"
  else
    step bench "$unipic" bench --published --precision fp16 --provider "$provider" --size 256,512,1024 --iterations 32 --json "$out/bench.json"
  fi
fi
finish "$failed"
