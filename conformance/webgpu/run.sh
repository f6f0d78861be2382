#!/usr/bin/env bash
# Tests a second real provider on a Linux machine without a GPU: ONNX Runtime's WebGPU provider on Mesa's software Vulkan.
#   run.sh [--suite smoke|full] [--driver FILE] [--kit JAR] [--cache DIR] [--out DIR] [-- OPTION...]
#     --suite    smoke and then full if not given
#     --driver   JSON file of another Vulkan driver, for example a GPU's, as /usr/share/vulkan/icd.d has them; if not given,
#                Mesa's llvmpipe from Debian's packages (Mesa 25 or later: on bookworm, of the backports)
#     --kit      unipic-conformance-all.jar; if not given, the unipic of the source tree
#     --cache    for what is downloaded, 150 MB, and kept; unipic/webgpu in the user's cache folder if not given
#     --out      unipic-webgpu-report if not given
#     OPTION     of 'unipic conformance run', for example --strict
# Gets ONNX Runtime with npm (package onnxruntime-node) and Mesa with apt-get, but installs nothing and needs no root.
# JAVA_HOME: the JDK to use, 17 or later. Reports come to DIR/smoke and DIR/full, what was printed to DIR/smoke.log and
# DIR/full.log. Exit codes: 0 all passed, 1 something failed, 2 wrong usage or nothing could be tested.
set -euo pipefail

fail() {
  printf 'run.sh: %s\n' "$1" >&2
  exit 2
}

unset CDPATH
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
suites=(smoke full)
driver=
kit=
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/unipic/webgpu
out="unipic-webgpu-report"

while [ $# -gt 0 ]; do
  case $1 in
    --suite | --driver | --kit | --cache | --out)
      [ $# -ge 2 ] || fail "$1 lacks its value"
      case $1 in
        --suite) suites=("$2") ;;
        --driver) driver=$2 ;;
        --kit) kit=$2 ;;
        --cache) cache=${2%/} ;;
        --out) out=${2%/} ;;
      esac
      shift 2
      ;;
    -h | --help)
      sed -n '2,/^set /s/^# //p' "$0"
      exit 0
      ;;
    --)
      shift
      break
      ;;
    *) fail "unknown option $1; run.sh --help lists them" ;;
  esac
done
[[ ${suites[0]} = smoke || ${suites[0]} = full ]] || fail "--suite is smoke or full, not ${suites[0]}"
[ "$(uname -s)" = Linux ] || fail "this works on Linux only"
case $(uname -m) in
  x86_64) architecture=x64 ;;
  aarch64) architecture=arm64 ;;
  *) fail "ONNX Runtime's package has nothing for $(uname -m), only for x86_64 and aarch64" ;;
esac
{ mkdir -p "$cache" "$out" && [ -w "$cache" ] && [ -w "$out" ]; } 2>/dev/null || fail "$cache or $out cannot be written"
# Absolute, because they are used from elsewhere.
cache=$(cd "$cache" && pwd -P)
out=$(cd "$out" && pwd -P)
log=$cache/download.log

# The version must be that of ONNX Runtime's Java classes.
version=$(sed -n 's:.*<onnxruntime.version>\(.*\)</onnxruntime.version>.*:\1:p' "$here/../../pom.xml")

# A folder appears under its name when it is complete.
runtime=$cache/onnxruntime-$version
if [ ! -d "$runtime" ]; then
  command -v npm >/dev/null || fail "npm is needed to get ONNX Runtime; install Node.js"
  echo "Getting onnxruntime-node $version (110 MB; log: $log)"
  rm -rf "$cache/npm"
  mkdir "$cache/npm"
  (cd "$cache/npm" && npm pack "onnxruntime-node@$version") >"$log" 2>&1 ||
    fail "npm cannot get onnxruntime-node $version; its output is in $log"
  tar -xzf "$cache/npm/onnxruntime-node-$version.tgz" -C "$cache/npm" "package/bin/napi-v6/linux/$architecture" ||
    fail "onnxruntime-node $version has no libraries for Linux on $architecture"
  mv "$cache/npm/package/bin/napi-v6/linux/$architecture" "$runtime"
  rm -rf "$cache/npm"
fi

# Downloads Mesa's driver and what it needs with apt-get, whose state is in a folder of its own, and unpacks them.
get_mesa() {
  local codename work=$cache/apt uri package
  { command -v apt-get && command -v dpkg-deb; } >/dev/null ||
    fail "apt-get is needed to get Mesa; on a system other than Debian give a Vulkan driver with --driver"
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-}") || true
  [ -n "$codename" ] || fail "Mesa is taken from Debian's packages only on Debian; give a Vulkan driver with --driver"
  # shellcheck disable=SC2016  # apt-get fills them in
  uri=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 2>/dev/null | sed -n "s/^$codename //p" | head -n 1)
  [ -n "$uri" ] || fail "apt-get has no source for $codename; add one to /etc/apt, or give a Vulkan driver with --driver"
  echo "Getting Mesa (about 30 MB; log: $log)"
  rm -rf "$work"
  mkdir -p "$work"/{etc/preferences.d,state/lists/partial,cache/archives/partial,root}
  local release
  for release in "$codename" "$codename-backports"; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release main"
  done >"$work/etc/sources.list"
  local apt=(apt-get -q -y -o Dir::Etc="$work/etc" -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$work/state"
    -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$work/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
  { "${apt[@]}" update && "${apt[@]}" install --download-only --reinstall --no-install-recommends \
    -t "$codename-backports" mesa-vulkan-drivers libvulkan1; } >"$log" 2>&1 ||
    fail "apt-get cannot get Mesa; its output is in $log"
  for package in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$work/root" >>"$log" 2>&1 || fail "$package cannot be unpacked; dpkg's output is in $log"
  done
  mv "$work/root" "$cache/mesa"
  rm -rf "$work"
}

# ONNX Runtime does not say which driver its provider runs on, so the report's labels do.
labels=()
if [ -z "$driver" ]; then
  [ -d "$cache/mesa" ] || get_mesa
  mesa=$(gzip -dc "$cache/mesa/usr/share/doc/mesa-vulkan-drivers/changelog.Debian.gz" 2>/dev/null | sed -n '1s/^[^(]*(\([^)]*\)).*/\1/p') || true
  labels+=(--label "mesa=${mesa:-unknown}")
  driver=$(echo "$cache"/mesa/usr/share/vulkan/icd.d/lvp_icd*.json)
  export LD_LIBRARY_PATH
  LD_LIBRARY_PATH=$(dirname "$cache"/mesa/usr/lib/*/libvulkan_lvp.so)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi
[ -f "$driver" ] || fail "there is no Vulkan driver $driver"
labels+=(--label "vulkan-driver=$(basename "$driver")")
export VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver # older loaders know the second name
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
  export XDG_RUNTIME_DIR=$cache/runtime
  mkdir -p "$XDG_RUNTIME_DIR"
  chmod 700 "$XDG_RUNTIME_DIR"
fi

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
feature=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/.*java.specification.version = \([0-9]*\).*/\1/p') || true
[ "${feature:-0}" -ge 17 ] || fail "Java 17 or later is needed; install a JDK, or set JAVA_HOME to one"
unipic=("$here/../../unipic" conformance)
if [ -n "$kit" ]; then
  [ -f "$kit" ] || fail "there is no kit $kit"
  unipic=("$java" -jar "$kit")
fi
options=(--provider webgpu --ort-native "$runtime" "${labels[@]}" "$@")
if [ "$feature" -lt 22 ]; then
  # There the providers of nodes come from profiles, and the profiler of ONNX Runtime's WebGPU provider writes past the end
  # of its timestamps, which have room for as many dispatches as this says. Mesa then crashes.
  options+=(--provider-option maxNumPendingDispatches=1024)
fi

code=0
for suite in "${suites[@]}"; do
  echo "== $suite suite"
  status=0
  : >"$cache/started"
  "${unipic[@]}" run --suite "$suite" --out "$out/$suite" "${options[@]}" 2>&1 | tee "$out/$suite.log" || status=$?
  [[ $status -le 1 && $out/$suite/report.json -nt $cache/started ]] ||
    fail "the $suite suite gave no verdict (exit code $status); what it printed is in $out/$suite.log"
  code=$((code | status))
done
exit "$code"
