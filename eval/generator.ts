/** The generator of plants with known roles and zones, and its words in ours. It is found through BASELINE_PLANTS (default ../shared/plants beside the repository). */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Role, ZoneKind } from '../src/infer/proposal.ts';
import type { GeneratedPlant, GeneratedSample } from './plant-observations.ts';

export interface Generator {
  readonly ARCHETYPES: Readonly<Record<string, unknown>>;
  readonly buildPlant: (knobs: Readonly<Record<string, unknown>>) => GeneratedPlant;
  readonly sampleActivity: (plant: GeneratedPlant) => GeneratedSample;
}

export async function loadGenerator(): Promise<Generator> {
  const folder = path.resolve(process.env['BASELINE_PLANTS'] ?? path.join(import.meta.dirname, '../../shared/plants'));
  const load = async (file: string): Promise<Partial<Generator>> => (await import(pathToFileURL(path.join(folder, 'gen', file)).href)) as Partial<Generator>;
  return { ...(await load('plant.mjs')), ...(await load('flows.mjs')) } as Generator;
}

export const ROLE_OF: Readonly<Record<string, Role>> = { plc: 'plc', io: 'io', sis: 'safety-controller', hmi: 'hmi', ews: 'engineering-workstation', historian: 'historian', opcua: 'opcua-server', mes: 'mes', jump: 'jump-server', patch: 'patch-server', infra: 'infrastructure', net: 'network-device', ent: 'enterprise', transient: 'transient', other: 'other' };

const KIND_OF: Readonly<Record<string, ZoneKind>> = { SIS: 'safety', SUP: 'supervisory', OPS: 'operations', ENG: 'engineering', DMZ: 'dmz', ENT: 'enterprise', NET: 'network', TEMP: 'temporary', WLAN: 'wireless', REMOTE: 'remote' };
export const kindOfTruth = (zone: string): ZoneKind => (zone.startsWith('CELL') ? 'cell' : (KIND_OF[zone] ?? 'external'));
