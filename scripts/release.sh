#!/usr/bin/env bash
# What a release is made of, from a clean checkout: the lockfile and nothing else, audited, tested, packed, with a bill of
# materials and digests in release/. Publishing stays a person's: the last lines say how, with provenance.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -z "$(git status --porcelain)" ] || { echo "release: commit or stash first"; exit 1; }
rm -rf release && mkdir release
npm ci --no-audit --no-fund
# A registry without an audit service must not pass for one that found nothing.
npm audit --omit dev --audit-level low || { echo "release: the audit found something, or could not be made (docs/dependencies.md)"; exit 1; }
npm audit signatures
npm run check && npm run lint && npm run build && npm test
npm sbom --sbom-format cyclonedx --sbom-type application --omit dev >release/baseline.cdx.json
npm pack --pack-destination release
(cd release && sha256sum -- * >SHA256SUMS)
cat release/SHA256SUMS
echo "publish from CI with an OIDC token, so that the registry records where it was built:"
echo "  npm publish release/*.tgz --provenance"
