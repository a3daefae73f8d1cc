/**
 * The plant's capture as a ring of files, three days each, and the faults of the sensor itself: a mirror that copied every
 * frame twice for a while, and two gaps. Out: file names and bytes, oldest first; the caller compresses and writes.
 */
import { pcapng } from './capture-file.ts';
import type { InterfaceOptions } from './capture-file.ts';
import { CELL_POLLS } from './cells.ts';
import { runDeviations } from './deviations.ts';
import { runEngineering } from './engineering.ts';
import { runItServices } from './it-services.ts';
import { DECLARED_OPCUA, runOpcua } from './opcua-sessions.ts';
import { DAYS, FIRST_MIDNIGHT_NS } from './plant.ts';
import { FIRST_CLIENT_PORT, runPoll } from './polling.ts';
import { createRandom } from './random.ts';
import { createTimeline, DAY, HOUR, SECOND, TAP } from './timeline.ts';

const SEED = 62443;
const DAYS_PER_FILE = 3;
const ETHERNET = 1;
const SNAP_LENGTH = 262_144;
/** Day, hour and second at which the mirror was set up for both directions, for ten seconds. */
const DOUBLED = { fromNs: 3 * DAY + 14 * HOUR + 5 * SECOND, lastsNs: 10 * SECOND, delayNs: 11_000 } as const;
/** Eight seconds inside a window, and one whole window. */
const GAPS = [
  { fromNs: 2 * DAY + 8 * HOUR + 8 * SECOND, toNs: 2 * DAY + 8 * HOUR + 16 * SECOND },
  { fromNs: 4 * DAY + 14 * HOUR, toNs: 4 * DAY + 15 * HOUR },
] as const;

const INTERFACES: readonly InterfaceOptions[] = [
  { name: 'span0', description: 'mirror of SW-CELLS', linkType: ETHERNET, snapLength: SNAP_LENGTH },
  { name: 'trunk0', description: 'trunk SW-CELLS to SW-CORE', linkType: ETHERNET, snapLength: SNAP_LENGTH },
];

export interface SampleFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function plantCapture(): readonly SampleFile[] {
  const timeline = createTimeline(FIRST_MIDNIGHT_NS);
  const random = createRandom(SEED);
  CELL_POLLS.forEach((poll, i) => runPoll(timeline, poll, FIRST_CLIENT_PORT + i * 20, random));
  DECLARED_OPCUA.forEach((plan, i) => runOpcua(timeline, plan, FIRST_CLIENT_PORT + 800 + i * 20, random));
  runItServices(timeline, random);
  runEngineering(timeline, random);
  runDeviations(timeline, random);
  timeline.mirrorTwice(DOUBLED.fromNs, DOUBLED.fromNs + DOUBLED.lastsNs, DOUBLED.delayNs);
  const lost = GAPS.map((gap) => ({ atNs: gap.fromNs, perTap: timeline.lose(gap.fromNs, gap.toNs) }));

  return Array.from({ length: Math.ceil(DAYS / DAYS_PER_FILE) }, (_, index) => {
    const fromNs = index * DAYS_PER_FILE * DAY;
    const toNs = fromNs + DAYS_PER_FILE * DAY;
    const frames = timeline.frames(fromNs, toNs);
    const lastNs = frames.at(-1)?.timeNs ?? FIRST_MIDNIGHT_NS;
    const statistics = [TAP.cellSpan, TAP.trunk].map((tap) => {
      const dropped = lost.filter((gap) => gap.atNs >= fromNs && gap.atNs < toNs).reduce((sum, gap) => sum + gap.perTap[tap]!, 0);
      const kept = frames.filter((frame) => frame.interfaceId === tap).length;
      return { interfaceId: tap, timeNs: lastNs, received: kept + dropped, dropped };
    });
    const date = new Date(Number((FIRST_MIDNIGHT_NS + BigInt(fromNs)) / 1_000_000n)).toISOString().slice(0, 10).replaceAll('-', '');
    return {
      name: `millbrook_${String(index + 1).padStart(5, '0')}_${date}.pcapng`,
      bytes: pcapng({ comment: 'Millbrook water works (invented): polling in windows of 20 s, sporadic sessions at any time', interfaces: INTERFACES, frames, statistics }),
    };
  });
}
