#!/bin/sh
# Makes a folder of 64 MiB with its SHA256SUMS, for the first steps with verify_tree.
set -eu
folder=$1
[ -f "$folder/SHA256SUMS" ] && exit 0
mkdir -p "$folder"
for number in 1 2 3 4 5 6 7 8; do
    head -c 8388608 /dev/urandom > "$folder/part-$number"
done
cd "$folder"
sha256sum part-* > SHA256SUMS
