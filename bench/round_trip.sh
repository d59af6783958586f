#!/usr/bin/env bash
# A tree of ten thousand small files, odd names, an empty file and one of 1 GiB: up, listed, down again, compared
# byte for byte, deleted. Run it in a sandbox:
#   deno run -A cli.ts sandbox --bucket bkt -- bash bench/round_trip.sh
set -euo pipefail
cli="deno run -A $(cd "$(dirname "$0")/.." && pwd)/cli.ts"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir tree back
for i in $(seq 0 49); do mkdir "tree/d$i"; done
for i in $(seq 1 10000); do head -c $((200 + i % 3000)) /dev/urandom > "tree/d$((i % 50))/f$i.txt"; done
for name in 'with space.txt' "quo\"te's.html" 'per%25cent+plus.css' $'cr\rname.txt' 'emoji-😀.json'; do
  echo "$name" > "tree/$name"
done
: > tree/empty.bin
head -c 1073741824 /dev/urandom > tree/big.iso

time $cli put-objects bkt tree -s
test "$($cli list-bucket bkt --nl | wc -l)" = "$(find tree -type f | tr -dc '\n' | wc -c)"
(cd back && time $cli get-objects bkt -s)
diff -r tree back/tree
time $cli delete-objects bkt --prefix tree/ -s
test "$($cli list-bucket bkt)" = "[]"
echo "Identical, and deleted completely"
