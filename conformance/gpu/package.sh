#!/usr/bin/env bash
# Makes what a Linux machine (x86-64) with an NVIDIA driver needs to run check.sh, without Java, CUDA and network: a Java
# runtime, unipic-gpu.jar, the CUDA libraries and the scripts, 1.2 GB, in pieces.
#   package.sh [--piece SIZE] [--capability NUMBER] [--model DIR] [--out DIR]
#     --piece SIZE   of a piece, as split takes it; 45M if not given
#     --capability   for GPUs of this compute capability only, such as 90 for an H100; about half the size
#     --model DIR    also brings a model folder, as model
#     --out DIR      samples/cli/target/gpu-pieces if not given
# Carry all files of DIR into one folder of the machine, and run start.sh there. Needs 10 GB of disk, Maven, xz and a JDK 22
# or later with jlink in JAVA_HOME or on the PATH; it downloads 2.4 GB the first time.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
out=$root/samples/cli/target/gpu-pieces
piece=45M
capability=
model=

# As the SDK's NvidiaLibraries names them.
version=12.9-9.10-1.5.12
libraries=(libcudart.so.12 libcurand.so.10 libnvrtc.so.12 libnvrtc-builtins.so.12.9)
older_version=12.6-9.5-1.5.11
older_libraries=(libcublas.so.12 libcublasLt.so.12 libcudnn.so.9 libcudnn_graph.so.9 libcudnn_ops.so.9 libcudnn_cnn.so.9
  libcudnn_adv.so.9 libcudnn_heuristic.so.9 libcudnn_engines_precompiled.so.9 libcudnn_engines_runtime_compiled.so.9)

fail() {
  printf 'package.sh: %s\n' "$1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --piece | --capability | --model | --out)
      [ $# -ge 2 ] || fail "$1 lacks its value"
      case $1 in
        --piece) piece=$2 ;;
        --capability) capability=$2 ;;
        --model) model=$2 ;;
        --out) out=$2 ;;
      esac
      shift 2
      ;;
    -h | --help)
      sed -n '2,10s/^# //p' "$0"
      exit 0
      ;;
    *) fail "there is no option $1; see --help" ;;
  esac
done

[ "$(uname -sm)" = "Linux x86_64" ] || fail "the Java runtime is that of this machine, so run this on Linux on x86-64"
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
[ -x "$java/bin/jlink" ] || fail "there is no jlink in $java/bin; set JAVA_HOME to a whole JDK"
# Older ones cannot keep tensors on the GPU between graphs: see CONTRIBUTING.md.
major=$("$java/bin/javac" -version 2>&1 | sed 's/^javac \([0-9]*\).*/\1/')
[ "${major:-0}" -ge 22 ] || fail "the JDK in $java is of version $major; set JAVA_HOME to 22 or later"
[[ $capability =~ ^([1-9][0-9]{1,2})?$ ]] || fail "--capability is $capability; give a compute capability without its dot, such as 90"
[ -z "$model" ] || [ -f "$model/unipic.json" ] || fail "--model is $model, which is no model folder"

mkdir -p "$out"
out=$(cd "$out" && pwd -P)
rm -f "$out"/unipic-gpu.tar.xz.* "$out/SHA256SUMS" "$out/start.sh"
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
bundle=$work/unipic-gpu
mkdir -p "$bundle/lib" "$work/jar"

# keep LIBRARY...: the GPU code for --capability alone, which compresses to a fraction.
keep() {
  [ -z "$capability" ] || "$java/bin/java" "$root/conformance/gpu/KeepCapability.java" "$capability" "$@"
}

echo "Building unipic-gpu.jar" >&2
(cd "$root" && mvn -q -B -Pdist -DskipTests package </dev/null) || fail "the build failed"

# Without Windows' libraries, and not compressed, as xz does better.
(cd "$work/jar" && "$java/bin/jar" --extract --file "$root/samples/cli/target/unipic-gpu.jar")
rm -rf "$work/jar/ai/onnxruntime/native/win-x64"
keep "$work/jar/ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so"
(cd "$work/jar" && mv META-INF/MANIFEST.MF ../manifest &&
  "$java/bin/jar" --create --no-compress --file "$bundle/unipic-gpu.jar" --manifest ../manifest .)
rm -rf "$work/jar"

echo "Making a Java runtime" >&2
"$java/bin/jlink" --add-modules java.se,jdk.unsupported,jdk.management,jdk.zipfs,jdk.crypto.ec,jdk.charsets \
  --strip-debug --no-man-pages --no-header-files --output "$bundle/java"

# take ARTIFACT VERSION CLASSIFIER LIBRARY...: out of a jar from Maven Central.
take() {
  local artifact=$1 jar=$work/$1-$2-$3.jar library
  (cd "$root" && mvn -q -B -N dependency:copy "-Dartifact=org.bytedeco:$1:$2:jar:$3" "-DoutputDirectory=$work" </dev/null) ||
    fail "org.bytedeco:$1:$2:$3 cannot be fetched"
  shift 3
  (cd "$work" && "$java/bin/jar" --extract --file "$jar" "${@/#/org/bytedeco/cuda/linux-x86_64/}")
  for library in "$@"; do
    mv "$work/org/bytedeco/cuda/linux-x86_64/$library" "$bundle/lib/" || fail "org.bytedeco:$artifact has no $library"
  done
  rm "$jar"
}

echo "Taking CUDA's libraries out of their jars" >&2
take cuda-redist "$version" linux-x86_64 "${libraries[@]}"
take cuda "$older_version" linux-x86_64-redist "${older_libraries[@]}"
keep "$bundle"/lib/*

[ -z "$model" ] || cp -r "$model" "$bundle/model"
cp "$root/conformance/gpu/check.sh" "$bundle/"
mkdir "$bundle/pytorch"
cp "$root"/conformance/pytorch/{*.py,requirements.txt} "$bundle/pytorch/"
cat >"$bundle/unipic" <<'LAUNCHER'
#!/usr/bin/env bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} LC_ALL=C.UTF-8
# shellcheck disable=SC2086  # several options in one variable
exec "$here/java/bin/java" --enable-native-access=ALL-UNNAMED ${UNIPIC_JAVA_OPTS:-} -jar "$here/unipic-gpu.jar" "$@"
LAUNCHER
chmod +x "$bundle/unipic" "$bundle/check.sh"

echo "Compressing $(du -sh "$bundle" | cut -f 1)" >&2
tar -c -C "$work" unipic-gpu | xz -1 -T0 | split -b "$piece" -d -a 3 - "$out/unipic-gpu.tar.xz."
cp "$root/conformance/gpu/start.sh" "$out/"
(cd "$out" && sha256sum unipic-gpu.tar.xz.* >SHA256SUMS)
echo "$out: $(find "$out" -name 'unipic-gpu.tar.xz.*' | wc -l) pieces, $(du -sh "$out" --exclude 'work.*' | cut -f 1)"
