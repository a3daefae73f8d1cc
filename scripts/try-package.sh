#!/usr/bin/env bash
# Packs the project, installs the package into an empty folder with no compiler, no make, no headers within reach, and
# uses what was installed: the addon must come from the package's own prebuilds.
# better-sqlite3's binary is copied from this project: its maker's comes from where no test may go.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD
folder=$(mktemp -d)
trap '/bin/rm -rf "$folder"' EXIT

npm pack --silent --pack-destination "$folder" >/dev/null
tar -tzf "$folder"/baseline-*.tgz | grep "^package/native/prebuilds/linux-.*/capture\..*\.node$"
[ -z "$(git ls-files '*.node')" ] || { echo "a binary is committed"; exit 1; }

# Only what an install needs: node, npm, a shell.
mkdir "$folder/bin" "$folder/app"
for program in node npm sh env; do ln -s "$(command -v $program)" "$folder/bin/$program"; done
export PATH="$folder/bin"
npm_config_nodedir=/nowhere
export npm_config_nodedir
unset npm_config_node_gyp
cd "$folder/app"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts "$folder"/baseline-*.tgz
/bin/cp -r "$project/node_modules/better-sqlite3/build" node_modules/better-sqlite3/
# What npm runs at install time, for itself: it must find the prebuilt binary, build nothing and say nothing.
said=$(cd node_modules/baseline && node native/install.mjs 2>&1)
[ -z "$said" ] || { echo "$said"; exit 1; }
[ ! -e node_modules/baseline/native/build ] || { echo "it was built"; exit 1; }
baseline=node_modules/.bin/baseline
$baseline --version
$baseline import node_modules/baseline/samples/traps/pipelined.pcap --db "$folder/one.db" --json
# The addon is loaded and libpcap asked: the interface is what is missing.
said=$($baseline capture --iface no-such-interface --as-root --db "$folder/two.db" 2>&1) && exit 1
case $said in
*"there is no interface no-such-interface"*) echo "$said" ;;
*) echo "not the addon's answer: $said"; exit 1 ;;
esac
