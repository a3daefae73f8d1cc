/**
 * Writes everything below samples/ that is made by machine: plant/*.pcapng[.gz], cutover/*.pcapng.gz, firewall/* and traps/*.
 * Run it with `npx tsx samples/generate.ts`. Same program, same bytes; of gzip files the content is the same, while the
 * compressed bytes depend on the zlib of the machine, so that an existing file with the right content is left alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { cutoverCaptures } from './gen/cutover.ts';
import { firewallLogs } from './gen/firewall-logs.ts';
import { plantCapture } from './gen/plant-capture.ts';
import { gzipTrap, traps, trapsReadme } from './gen/traps.ts';

export interface Sample {
  /** Path below samples/. */
  readonly path: string;
  /** Content before compression. */
  readonly content: Uint8Array;
  readonly isGzip: boolean;
}

/** All generated files; of the plant's ring all but the newest file are compressed, as recorders do. */
export function samples(): readonly Sample[] {
  const ring = plantCapture();
  const plain = traps();
  const compressed = gzipTrap();
  return [
    ...ring.map((file, i) => ({ path: `plant/${file.name}${i === ring.length - 1 ? '' : '.gz'}`, content: file.bytes, isGzip: i !== ring.length - 1 })),
    ...cutoverCaptures().map(({ name, bytes }) => ({ path: `cutover/${name}.gz`, content: bytes, isGzip: true })),
    ...firewallLogs().map(({ name, text }) => ({ path: `firewall/${name}`, content: new TextEncoder().encode(text), isGzip: false })),
    ...plain.map((item) => ({ path: `traps/${item.name}`, content: item.bytes, isGzip: false })),
    { path: `traps/${compressed.name}`, content: compressed.bytes, isGzip: true },
    { path: 'traps/README.md', content: new TextEncoder().encode(trapsReadme([...plain, compressed])), isGzip: false },
  ];
}

const isUpToDate = (file: string, sample: Sample): boolean =>
  existsSync(file) && Buffer.compare(sample.isGzip ? gunzipSync(readFileSync(file)) : readFileSync(file), sample.content) === 0;

function writeSamples(folder: string): void {
  for (const sample of samples()) {
    const file = join(folder, sample.path);
    mkdirSync(dirname(file), { recursive: true });
    if (isUpToDate(file, sample)) continue;
    writeFileSync(file, sample.isGzip ? gzipSync(sample.content, { level: 9 }) : sample.content);
    console.log(`written: samples/${sample.path}`);
  }
}

const entry = process.argv[1];
if (entry !== undefined && import.meta.url === pathToFileURL(entry).href) writeSamples(dirname(fileURLToPath(import.meta.url)));
