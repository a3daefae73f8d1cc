// Makes src/net/data/oui.tsv.gz (vendors by MAC prefix: IEEE MA-L, MA-M, MA-S) from the development dependency `oui-data`.
// Run it by hand when that package is renewed: node scripts/make-oui.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const packageFile = (name) => fileURLToPath(new URL(`../node_modules/oui-data/${name}`, import.meta.url));
const registry = JSON.parse(readFileSync(packageFile('index.json'), 'utf8'));
const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
/** Blocks without a name of their own: withheld, or divided into smaller blocks that have one. */
const NAMELESS = new Set(['Private', 'IEEE Registration Authority']);

const prefixes = new Map();
for (const [prefix, text] of Object.entries(registry)) {
  const vendor = text.split('\n')[0].replace(/\s+/g, ' ').trim();
  if (vendor === '' || NAMELESS.has(vendor)) continue;
  if (!prefixes.has(vendor)) prefixes.set(vendor, []);
  prefixes.get(vendor).push(prefix.toLowerCase());
}
const lines = [...prefixes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([vendor, list]) => `${vendor}\t${list.sort().join(' ')}`);
const head = `# IEEE MA-L, MA-M and MA-S registries, by npm oui-data ${version} (BSD-2-Clause), made ${new Date().toISOString().slice(0, 10)}: vendor, prefixes (6, 7 or 9 hex digits)`;
writeFileSync(new URL('../src/net/data/oui.tsv.gz', import.meta.url), gzipSync(`${[head, ...lines].join('\n')}\n`, { level: 9 }));
