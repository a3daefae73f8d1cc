/** Reports made as a user makes them: a store, the command, the file. For the tests of this folder and of the browser. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportStore } from '../../../src/commands/report.ts';
import { openForWriting } from '../../../src/store/database.ts';
import { beginImport, importCapture } from '../../../src/store/import-capture.ts';
import { setStage } from '../../commands/main-stage.ts';
import { SAMPLES } from '../../places.ts';

export const SAMPLE_SPEC = join(SAMPLES, 'plant.yaml');

/** In the order in which they were made. */
export const SAMPLE_CAPTURES = readdirSync(join(SAMPLES, 'plant')).toSorted().map((name) => join(SAMPLES, 'plant', name));

export const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'baseline-report-'));

/** The sample plant as a store, or in one. */
export async function importSample(path: string, captures: readonly string[] = SAMPLE_CAPTURES): Promise<void> {
  const store = openForWriting(path);
  const session = beginImport(store);
  for (const name of captures) {
    await importCapture(session, name, { force: false, signal: new AbortController().signal, progress: () => {} });
  }
  store.close();
}

export function writeReport(db: string, out: string, spec?: string): string {
  reportStore({ db, out, spec }, setStage({ commandLine: 'baseline report' }));
  return readFileSync(out, 'utf8');
}

interface EmbeddedData {
  readonly detailStep: number;
  readonly zones: readonly { readonly id: string; readonly assets: readonly number[] }[];
  readonly assets: readonly (readonly unknown[])[];
  readonly conversations: readonly (readonly unknown[])[];
  readonly words: readonly string[];
}

/** What the page's script reads. */
export const embeddedData = (html: string): EmbeddedData => JSON.parse(/<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(html)?.[1] ?? '') as EmbeddedData;

/** A spec for the fixture store of test/store/read-fixture.ts in which every free text is one of `words`. */
export function hostileSpec(words: readonly string[]): string {
  let turn = 0;
  // YAML's double-quoted style takes JSON strings as they are; a text must not be empty.
  const word = (): string => JSON.stringify(words[turn++ % words.length].replaceAll(/\p{Surrogate}|\0/gu, '') || 'empty');
  return `facility: ${word()}
zones:
  - {zone_id: Z1, name: ${word()}, purdue_level: 1, kind: control, criticality: ${word()}, security_requirements: [${word()}, ${word()}], assets: [{asset_id: PLC, label: ${word()}, role: plc, vendor: ${word()}, ip: ["10.20.1.9"]}]}
  - {zone_id: Z2, name: ${word()}, purdue_level: 2, kind: supervisory, assets: [{asset_id: HMI, label: ${word()}, role: hmi, ip: ["10.20.1.20"]}]}
conduits:
  - conduit_id: C1
    name: ${word()}
    connects: [Z1, Z2]
    controls: [${word()}]
    protocols_allowed:
      - {protocol: ${word()}, transport: tcp, port: 502, client: {zone: Z2}, server: {zone: Z1}, purpose: ${word()}, owner: ${word()}, question: ${word()}, decision: pending, accepted_risks: [${word()}]}
`;
}
