#!/usr/bin/env bash
# Tests a machine with an NVIDIA GPU in one call: driver, libraries, conformance, speed and memory. Needs no network.
#   check.sh [--steps NAME,...] [--provider cuda|tensorrt|cpu] [--model DIR [--reference FILE] [--checkpoint DIR]]
#            [--pytorch FILE [--python PROGRAM]] [--out DIR]
#     --steps       of driver, libraries, conformance, bench, variants, pytorch, in any number of calls with the same --out;
#                   all of them if not given
#     --provider    cuda if not given; cpu tries this script out, with small images
#     --model       model folder in float16; if not given, one of the published sizes with random weights is made in the
#                   user's cache folder, which takes 18 GB there
#     --reference   of that model, for conformance; --checkpoint: what it was exported from
#     --pytorch     a PyTorch file as conformance/pytorch/README.md wants it, to be run in bfloat16 beside ours
#     --python      python3 if not given
#     --out         unipic-gpu-report if not given
# Runs the unipic beside it, as package.sh lays it out, or else that of the source tree (there with -Pcuda if CUDA is not
# installed: see docs/gpu.md). Reports, logs and summary.txt come to DIR and DIR.tar.gz. Exit codes: 0 all passed,
# 1 something failed or missed a target, 2 wrong usage or no GPU. Ended by a signal, it ends what it runs.
set -uo pipefail

fail() {
  printf 'check.sh: %s\n' "$1" >&2
  exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
unipic=$here/unipic
pytorch_folder=$here/pytorch
if [ ! -x "$unipic" ]; then
  unipic=$here/../../unipic
  pytorch_folder=$here/../pytorch
fi
# Also the order of the report.
all_steps=driver,libraries,conformance,bench,variants,pytorch
steps=
provider=cuda
model=
reference=
checkpoint=
pytorch=
python=python3
out="unipic-gpu-report"

while [ $# -gt 0 ]; do
  case $1 in
    --steps | --provider | --model | --reference | --checkpoint | --pytorch | --python | --out)
      [ $# -ge 2 ] || fail "$1 lacks its value"
      case $1 in
        --steps) steps=$2 ;;
        --provider) provider=$2 ;;
        --model) model=$2 ;;
        --reference) reference=$2 ;;
        --checkpoint) checkpoint=$2 ;;
        --pytorch) pytorch=$2 ;;
        --python) python=$2 ;;
        --out) out=${2%/} ;;
      esac
      shift 2
      ;;
    -h | --help)
      sed -n '2,/^set /s/^# //p' "$0"
      exit 0
      ;;
    *) fail "there is no option $1; see --help" ;;
  esac
done
for name in ${steps//,/ }; do
  case ,$all_steps, in
    *,"$name",*) ;;
    *) fail "--steps has $name; give some of $all_steps" ;;
  esac
done
[ -z "$reference$checkpoint" ] || [ -n "$model" ] || fail "--reference and --checkpoint are of a model folder; give that with --model"
[ -z "$model" ] || [ -f "$model/unipic.json" ] || fail "--model is $model, which is no model folder"
[ -z "$pytorch" ] || [ -f "$pytorch" ] || fail "--pytorch is $pytorch, which is no file"

# The target's image, and others.
side=1024
sides=256,512
iterations=32
options=(--provider "$provider")
case $provider in
  # Products are rounded to 10 bits of mantissa otherwise, which is no error, but not float32 either.
  cuda) options+=(--provider-option use_tf32=0) ;;
  tensorrt) ;;
  cpu)
    side=128
    sides=64,96
    iterations=4
    ;;
  *) fail "--provider is $provider; give cuda or tensorrt, or cpu to try this script out" ;;
esac

# Both nvidia-smi and CUDA count GPUs this way then.
export CUDA_DEVICE_ORDER=PCI_BUS_ID
gpu=${CUDA_VISIBLE_DEVICES:-0}
gpu=${gpu%%,*}
# Java and this script agree on it then.
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}
published=$XDG_CACHE_HOME/unipic/published

# Gigabytes, for the time of this call: beside the report, not in it.
work=$out.work
if [ -n "$model" ]; then
  subject=(--model "$model")
  fused=$work/fused
else
  subject=(--published --precision fp16)
  checkpoint=$published/checkpoint
  fused=$published/fp16-fused
fi

mkdir -p "$out" || fail "$out cannot be written"
steps=${steps:-$all_steps}
failed=0
running=
sampling=$out/.sampling

# Nothing of this script stays: not the process group that it waits for, nor files for its own use.
# shellcheck disable=SC2317  # the trap calls it
clean_up() {
  local tenths=0
  trap '' HUP INT TERM
  if [ -n "$running" ] && kill -TERM -- "-$running" 2>/dev/null; then
    while kill -0 -- "-$running" 2>/dev/null && [ "$tenths" -lt 50 ]; do
      sleep 0.1
      tenths=$((tenths + 1))
    done
    kill -KILL -- "-$running" 2>/dev/null
  fi
  rm -f "$sampling"
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

wanted() {
  case ,$steps, in *,"$1",*) return 0 ;; *) return 1 ;; esac
}

# What a step consists of; each has files of its name.
parts() {
  case $1 in
    libraries) echo libraries missing ;;
    conformance) echo conformance conformance-fp16 conformance-model ;;
    bench) echo target bench ;;
    variants) echo exact fast guidance tokens whole lean export-fused fused fused-lean ;;
    *) echo "$1" ;;
  esac
}

# What earlier calls left: of the steps of this one, and where they had no time to clean up.
rm -rf "$work"
for name in ${steps//,/ }; do
  for part in $(parts "$name"); do
    rm -f "$out/$part".{outcome,log,json,memory,samples}
  done
done

# engines MODEL: sets cache to the options by which TensorRT builds engines once. It knows them by the names of files and
# nodes, not by weights, so each model has a folder.
engines() {
  cache=()
  [ "$provider" != tensorrt ] || cache=(--provider-option "trt_engine_cache_path=$out/engines/$1"
    --provider-option "trt_timing_cache_path=$out/engines/$1")
}

outcome() {
  printf '%-22s %-12s %5d s%s\n' "$1" "$2" "$3" "${4:+   $4}" >"$out/$1.outcome"
}

# step NAME COMMAND...: its output to the screen and NAME.log, its fate to NAME.outcome.
step() {
  local name=$1 start=$SECONDS code
  shift
  printf '\n== %s: %s\n' "$name" "$*"
  # In a process group of its own, which clean_up can end; bash heeds signals only while it waits like this.
  set -m
  {
    "$@" 2>&1 | tee "$out/$name.log"
    exit "${PIPESTATUS[0]}"
  } </dev/null &
  running=$!
  set +m
  wait "$running"
  code=$?
  running=
  if [ "$code" = 0 ]; then
    outcome "$name" passed $((SECONDS - start))
  else
    outcome "$name" "failed ($code)" $((SECONDS - start))
    failed=1
  fi
  return "$code"
}

skip() {
  printf '\n== %s: skipped, %s\n' "$1" "$2"
  outcome "$1" skipped 0 "$2"
}

# Device memory now, in MiB: lines "NUMBER card USED", and "NUMBER PID USED" where the driver shows processes.
sample() {
  nvidia-smi -i "$gpu" --query-gpu=memory.used --format=csv,noheader,nounits | sed "s/^/$1 card /"
  nvidia-smi -i "$gpu" --query-compute-apps=pid,used_memory --format=csv,noheader,nounits | sed "s/^/$1 /; s/,/ /"
} 2>/dev/null

# Until its file is gone, or this script is.
keep_sampling() {
  local number=0
  while [ -e "$sampling" ] && kill -0 $$ 2>/dev/null; do
    number=$((number + 1))
    sample "$number"
    sleep 0.2
  done
}

# The most that the samples of a file have more than its first: "MIB process" of the processes that were not there before,
# or "MIB card" where none is shown, as in many containers. Nothing where there is no figure.
peak() {
  awk '
    $1 == 0 { if ($2 == "card") before = $3 + 0; else known[$2]; next }
    $2 == "card" { if ($3 + 0 > card) card = $3 + 0; next }
    !($2 in known) { sum[$1] += $3; if (sum[$1] > process) process = sum[$1] }
    END {
      if (process > 0) print process, "process"
      else if (card > before) print card - before, "card"
    }' "$1"
}

# measured NAME COMMAND...: a step whose peak of device memory goes to NAME.memory.
measured() {
  local code samples=$out/$1.samples sampler
  rm -f "$out/$1.memory"
  if ! command -v nvidia-smi >/dev/null; then
    step "$@"
    return
  fi
  sample 0 >"$samples"
  : >"$sampling"
  keep_sampling >>"$samples" &
  sampler=$!
  step "$@"
  code=$?
  rm -f "$sampling"
  wait "$sampler"
  [ "$code" != 0 ] || peak "$samples" >"$out/$1.memory"
  return "$code"
}

# row WHAT WANTED MEASURED VERDICT
row() {
  printf '%-44s %-9s %-44s %s\n' "$@"
}

# Seconds of the target's image, in the log of NAME.
image_seconds() {
  awk '$1 == "image" { print $2 " s"; exit }' "$out/$1.log"
}

# passed NAME: in this call or an earlier one.
passed() {
  grep -qs "^$1  *passed " "$out/$1.outcome"
}

# PyTorch's time over ours for an image of PIXELS; nothing where it was not measured.
times_as_fast() {
  ! passed pytorch ||
    awk -v size="$1" '$1 == "image," && $2 == size && $3 == "px" { printf "%.3f", 1 / $NF; exit }' "$out/pytorch.log"
}

# reason NAME STEP: why NAME, a part of STEP, has no figure.
reason() {
  if [ ! -f "$out/$1.outcome" ]; then
    echo "the step $2 was not run"
  else
    sed -n "s/^.* skipped .* 0 s *//p; s/^.* failed (\(.*\)).*/$1 failed with exit code \1, see $1.log/p" "$out/$1.outcome"
  fi
}

# Gigabytes of NAME.memory, and what they are of.
memory_of() {
  [ ! -s "$out/$1.memory" ] || awk '{ printf "%.2f GB %s", $1 * 1048576 / 1e9, $2 == "process" ? "(this process)" : "(card, more than before)" }' "$out/$1.memory"
}

# verdict VALUE COMPARISON BOUND
verdict() {
  if awk "BEGIN { exit !(${1%% *} $2 $3) }"; then echo met; else echo MISSED; fi
}

targets() {
  local memory ratio other='' name
  printf 'Target: an image of 1024 x 1024, 32 iterations, float16, on one GPU\n'
  [ "$provider" != cpu ] || printf 'TRIED OUT ON THE PROCESSOR, with %s x %s pixels: says nothing about a GPU.\n' "$side" "$side"
  printf '\n'
  row what wanted measured ''
  if [ -f "$out/target.log" ] && ! grep -q '^[^,]*, float16, in ' "$out/target.log"; then
    other="the model folder is not in float16"
  fi
  memory=$(memory_of target)
  if [ -z "$other" ] && [ -n "$memory" ]; then
    row "peak of device memory" "< 8 GB" "$memory" "$(verdict "$memory" '<' 8)"
  else
    memory=${other:-$(reason target bench)}
    row "peak of device memory" "< 8 GB" "" "not measured: ${memory:-nvidia-smi shows none}"
  fi
  ratio=$(times_as_fast "$side")
  if [ -z "$other" ] && [ -n "$ratio" ]; then
    row "times as fast as PyTorch in bfloat16" ">= 3" "$ratio" "$(verdict "$ratio" '>=' 3)"
  else
    ratio=${other:-$(reason pytorch pytorch)}
    row "times as fast as PyTorch in bfloat16" ">= 3" "" "not measured: ${ratio:-pytorch.log has no figure}"
  fi

  printf '\nBeside it\n\n'
  ratio=$(times_as_fast "${sides%%,*}")
  [ -z "$ratio" ] || row "times as fast as PyTorch, ${sides%%,*} x ${sides%%,*}" '' "$ratio" ''
  ! passed pytorch || grep '^PyTorch.s peak' "$out/pytorch.log"
  for name in target whole lean fused fused-lean; do
    ! passed "$name" || row "the target's image, $name" '' "$(image_seconds "$name") $(memory_of "$name")" ''
  done
}

# The outcomes of all calls, in the order of the steps, and the targets; then everything in one file.
finish() {
  local name part
  {
    printf 'unipic on %s\n\n' "$(card)"
    for name in ${all_steps//,/ }; do
      for part in $(parts "$name"); do
        [ ! -f "$out/$part.outcome" ] || cat "$out/$part.outcome"
      done
    done
    printf '\n'
    targets
  } >"$out/summary.txt"
  printf '\n'
  cat "$out/summary.txt"
  ! grep -q 'MISSED$' "$out/summary.txt" || failed=1
  rm -rf "$out/engines"
  tar -czf "$out.tar.gz" -C "$(dirname "$out")" "$(basename "$out")" && printf '\nAll of it: %s\n' "$out.tar.gz"
  exit "${1:-$failed}"
}

card() {
  local name
  name=$(nvidia-smi -i "$gpu" --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>/dev/null | head -n 1)
  echo "${name:-a machine without nvidia-smi}"
}

if wanted driver; then
  # It comes with the driver; a container may have the one without the other, so it decides nothing.
  step driver nvidia-smi || failed=0
fi
if wanted libraries; then
  if ! step libraries "$unipic" info --verbose "${options[@]}"; then
    # The whole list of what is missing.
    step missing "$unipic" info --verbose
    finish 2
  fi
fi

if wanted conformance; then
  suite=(conformance run --suite full --strict "${options[@]}" --label "gpu=$(card)")
  engines conformance
  step conformance "$unipic" "${suite[@]}" ${cache[@]+"${cache[@]}"} --out "$out/conformance"
  engines conformance-fp16
  step conformance-fp16 "$unipic" "${suite[@]}" ${cache[@]+"${cache[@]}"} --precision fp16 --out "$out/conformance-fp16"
  if [ -n "$model" ]; then
    # In its own type, as bench runs it.
    engines model
    step conformance-model "$unipic" "${suite[@]}" ${cache[@]+"${cache[@]}"} --model "$model" \
      ${reference:+--reference "$reference"} --out "$out/conformance-model"
  fi
fi

# Memory is that of a process, so the target's image has one of its own.
image=(--provider "$provider" --tasks t2i --size "$side" --iterations "$iterations" --repeat 3)
# 512 x 512 pixels of 1024 x 1024: decoded whole, the target's image would take about 1 GB more, and convolutions theirs.
tiles=(--tile-above $((side * side / 4)))
lean=(--low-memory)
[ "$provider" != cuda ] || lean+=(--provider-option cudnn_conv_use_max_workspace=0)
if wanted bench; then
  engines model
  measured target "$unipic" bench "${subject[@]}" "${image[@]}" "${tiles[@]}" ${cache[@]+"${cache[@]}"} --json "$out/target.json"
  step bench "$unipic" bench "${subject[@]}" --provider "$provider" ${cache[@]+"${cache[@]}"} --size "$sides" --iterations "$iterations" --repeat 3 --json "$out/bench.json"
fi

# What else could be the default: the image decoded whole, graphs freed when they are done, and ONNX Runtime's own attention.
if wanted variants; then
  engines model
  # The authors' steps, fewer operations, and of these what is reused: guidance alone, and tokens as well.
  for kind in exact fast guidance tokens; do
    case $kind in
      exact) work_options=(--steps 100) ;;
      fast) work_options=(--fast) ;;
      guidance) work_options=(--steps 100 --guidance-every 4) ;;
      tokens) work_options=(--steps 100 --guidance-every 4 --tokens-every 4) ;;
    esac
    measured "$kind" "$unipic" bench "${subject[@]}" "${image[@]}" "${work_options[@]}" ${cache[@]+"${cache[@]}"} --json "$out/$kind.json"
  done
  measured whole "$unipic" bench "${subject[@]}" "${image[@]}" ${cache[@]+"${cache[@]}"} --json "$out/whole.json"
  measured lean "$unipic" bench "${subject[@]}" "${image[@]}" "${tiles[@]}" "${lean[@]}" ${cache[@]+"${cache[@]}"} --json "$out/lean.json"
  if [ ! -d "$checkpoint" ]; then
    skip export-fused "there is no checkpoint; give --checkpoint with --model, or run the step bench first"
  elif [ -d "$fused" ] || step export-fused "$unipic" export --checkpoint "$checkpoint" --out "$fused" --precision fp16 --flavor fused; then
    engines fused
    measured fused "$unipic" bench --model "$fused" "${image[@]}" "${tiles[@]}" ${cache[@]+"${cache[@]}"} --json "$out/fused.json"
    measured fused-lean "$unipic" bench --model "$fused" "${image[@]}" "${tiles[@]}" "${lean[@]}" ${cache[@]+"${cache[@]}"} --json "$out/fused-lean.json"
  fi
fi

# In turns, each in a process of its own.
if wanted pytorch; then
  device=cuda
  [ "$provider" != cpu ] || device=cpu
  needs="import safetensors, tokenizers, torch, transformers, PIL; torch.zeros(1, device='$device')"
  if [ -z "$pytorch" ]; then
    skip pytorch "no --pytorch FILE was given"
  elif ! command -v "$python" >/dev/null; then
    skip pytorch "there is no $python"
  elif ! problem=$("$python" -c "$needs" 2>&1); then
    skip pytorch "$python: $(tail -n 1 <<<"$problem")"
  elif [ -z "$checkpoint" ]; then
    skip pytorch "no --checkpoint was given with --model"
  elif [ ! -f "${model:-$published/fp16}/unipic.json" ]; then
    skip pytorch "the step bench makes the model; run it first"
  else
    engines model
    step pytorch "$python" "$pytorch_folder/compare.py" --unipic "$(printf %q "$unipic")" --provider "$provider" \
      --ours="$(printf '%q ' "${tiles[@]}" ${cache[@]+"${cache[@]}"})" --json "$out/pytorch.json" \
      --model "${model:-$published/fp16}" --checkpoint "$checkpoint" --reference "$pytorch" --device "$device" --dtype bfloat16 \
      --rounds 2 -- --tasks t2i --size "${sides%%,*},$side" --iterations "$iterations" --repeat 3
  fi
fi
finish
