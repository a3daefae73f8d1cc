#!/bin/sh
# usage: sh check.sh [suricata.yaml]
set -eu
config=${1:-/etc/suricata/suricata.yaml}
here=$(dirname "$0")
wanted() {
  suricata -c "$config" --dump-config 2>/dev/null | grep -qx "$1" || { echo "missing in $config: $1" >&2; exit 1; }
}
wanted 'app-layer.protocols.modbus.enabled = yes'
wanted 'app-layer.protocols.modbus.detection-ports.dp = 502'
wanted 'exception-policy = ignore'
suricata -T -c "$config" -S "$here/baseline.rules"
