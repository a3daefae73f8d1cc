#!/usr/bin/env bash
# The programs that the bench compares with, as Debian has them. Needs root; what is there already is left as it is.
set -euo pipefail
apt-get install -y --no-install-recommends tcpdump tshark wireshark-common nfdump argus-server argus-client softflowd gzip zstd gcc libc6-dev time tcpreplay iproute2 libpcap-dev python3 make g++
cd "$(dirname "$0")" && npm ci --no-audit --no-fund
