#!/bin/bash
# Makes the seeds of the fuzz targets anew, from a build of varve; found inputs stay.
#
#   tests/fuzz/make_corpus.sh BUILD_FOLDER
set -euo pipefail

build=${1:?usage: make_corpus.sh BUILD_FOLDER}
exec "$build/varve-fuzz-corpus" "$(dirname "${BASH_SOURCE[0]}")/corpus"
