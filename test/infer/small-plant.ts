/** A small plant that most tests of inference begin with, and what the method makes of it and of what is added to it. */
import { NO_PINS, type Pins, type PlacedAsset, type Proposal } from '../../src/infer/proposal.ts';
import { proposeZones } from '../../src/infer/zones.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { type Host, mac, type Sketch, sketchPlant, vendorOf } from './plant-sketch.ts';

/** What operators do. */
export const OPERATES: NonNullable<Sketch['operations']> = [['Read Holding Registers', 'read', 3], ['Write Single Register', 'write', 6]];
export const PROGRAMS: NonNullable<Sketch['operations']> = [['Unity Programming', 'program', 90]];

/**
 * Three cells of two controllers, two I/O each and one panel, a plant-wide SCADA server, an engineering station,
 * and a safety controller that SCADA reads and its own station engineers.
 */
export function smallPlant(net = '10.1.0'): { readonly hosts: readonly Host[]; readonly sketches: readonly Sketch[] } {
  const hosts: Host[] = [];
  const sketches: Sketch[] = [];
  const scada = `${net}.10`;
  const station = `${net}.11`;
  const safety = `${net}.20`;
  const safetyStation = `${net}.21`;
  hosts.push({ address: scada, mac: mac('virtual', 1) }, { address: station, mac: mac('pc', 2) }, { address: safety, mac: mac('safety', 3) }, { address: safetyStation, mac: mac('pc', 4) });
  for (let cell = 1; cell <= 3; cell++) {
    const base = 100 + cell * 30;
    const panel = `${net}.${base}`;
    hosts.push({ address: panel, mac: mac('panel', base) });
    for (let index = 1; index <= 2; index++) {
      const controller = `${net}.${base + index}`;
      hosts.push({ address: controller, mac: mac('controller', base + index) });
      sketches.push({ client: panel, server: controller, service: 'modbus', periodMs: 1000, operations: OPERATES });
      sketches.push({ client: scada, server: controller, service: 'modbus', periodMs: 2000, operations: OPERATES });
      sketches.push({ client: station, server: controller, service: 'modbus', days: [3, 9, 17, 24], perDay: 3, operations: [['Encapsulated Interface Transport', 'browse', 43], ['Unity Programming', 'program', 90]] });
      for (let io = 0; io < 2; io++) {
        const remote = `${net}.${base + 10 + index * 2 + io}`;
        hosts.push({ address: remote, mac: mac('controller', base + 10 + index * 2 + io) });
        sketches.push({ client: controller, server: remote, service: 'modbus', periodMs: 100, operations: [['Read Holding Registers', 'read', 3]] });
      }
    }
    sketches.push({ client: `${net}.${base + 1}`, server: `${net}.${base + 2}`, service: 'modbus', periodMs: 200 });
  }
  sketches.push({ client: scada, server: safety, service: 'modbus', periodMs: 1000 });
  sketches.push({ client: safetyStation, server: safety, service: 'tristation', days: [2, 12, 20], perDay: 4 });
  return { hosts, sketches };
}

export const { hosts: HOSTS, sketches: SKETCHES } = smallPlant();
export const SCADA = '10.1.0.10';
export const CONTROLLERS = ['10.1.0.131', '10.1.0.132', '10.1.0.161', '10.1.0.162', '10.1.0.191', '10.1.0.192'];

/** Without resampling, which no placement rests on. */
export const proposalOf = (set: ObservationSet, pins: Pins = NO_PINS): Proposal => proposeZones(set, { pins, vendorOf, stabilityRuns: 0 });
export const propose = (hosts: readonly Host[], sketches: readonly Sketch[], days = 28): Proposal => proposalOf(sketchPlant(hosts, sketches, days));
/** The small plant with these besides. */
export const withMore = (hosts: readonly Host[], sketches: readonly Sketch[]): Proposal => propose([...HOSTS, ...hosts], [...SKETCHES, ...sketches]);

export const assetAt = (proposal: Proposal, address: string): PlacedAsset => proposal.assets.find((asset) => asset.addresses.includes(address))!;
export const rolesOf = (proposal: Proposal, addresses: readonly string[]): string[] => addresses.map((address) => assetAt(proposal, address).role);

/** Devices with cards of one maker, numbered in a row. */
export const cards = (addresses: readonly string[], vendor: Parameters<typeof mac>[0], from: number): Host[] => addresses.map((address, index) => ({ address, mac: mac(vendor, from + index) }));
/** `net.1`, `net.2`, ... */
export const run = (net: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${net}.${index + 1}`);
/** The same in both directions. */
export const both = (one: string, other: string, sketch: Omit<Sketch, 'client' | 'server'>): Sketch[] => [{ ...sketch, client: one, server: other }, { ...sketch, client: other, server: one }];
