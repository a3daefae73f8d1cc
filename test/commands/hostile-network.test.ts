/**
 * Networks that want to fill the memory: a scan of a /8, forged sources, random link addresses, fragments that never end,
 * one connection that asks for everything. The real program, in a process of its own whose peak memory is read from the
 * kernel: what was there before keeps exact counts, what is folded is counted, and a scan moves nothing in the proposal.
 */
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { concatBytes, ethernet, ETHERTYPE, TCP_FLAG, tcpPacket, udpPacket, words } from '../../samples/gen/frames.ts';
import { modbusAdu, readRegisters } from '../../samples/gen/modbus-pdu.ts';
import { createRandom, type Random } from '../../samples/gen/random.ts';
import { testFolder } from '../folder.ts';
import { storedTotals } from '../fuzz/memory-store.ts';
import { ENDS } from '../hang.ts';
import { SAMPLES } from '../places.ts';
import { PROGRAM, runLine } from './command-line.ts';

const MEBI = 1 << 20;
/** The scorecard's bounds (docs/reliability.md): whatever the network does. */
const MOST_MEMORY_BYTES = 600 * MEBI;
const MOST_STORE_BYTES = 200 * MEBI;
const START_SECONDS = 1_773_500_000;

const folder = testFolder();

interface CaptureWriter {
  put(frame: Uint8Array): void;
  close(): number;
}

/** pcap written in large pieces: a million frames and more. */
function createWriter(path: string): CaptureWriter {
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, concatBytes(Uint8Array.from([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0])));
  const piece = new Uint8Array(4 * MEBI);
  const view = new DataView(piece.buffer);
  let at = 0;
  let frames = 0;
  const flush = (): void => {
    writeSync(descriptor, piece, 0, at);
    at = 0;
  };
  return {
    put(frame) {
      if (at + 16 + frame.length > piece.length) flush();
      view.setUint32(at, START_SECONDS + Math.floor(frames / 1000), true);
      view.setUint32(at + 4, (frames % 1000) * 1000, true);
      view.setUint32(at + 8, frame.length, true);
      view.setUint32(at + 12, frame.length, true);
      piece.set(frame, at + 16);
      at += 16 + frame.length;
      frames++;
    },
    close() {
      flush();
      closeSync(descriptor);
      return frames;
    },
  };
}

const MAC = { hmi: '02:00:00:00:00:20', plc: '02:00:00:00:00:10', attacker: '02:00:00:00:66:66' } as const;
const HMI = '10.77.1.20';
const PLC = '10.77.1.10';

/** An HMI that polls: `next` gives a request, then its answer, and so on for ever. */
function createPolling(): { next(): Uint8Array; polls(): number } {
  let toServer = 1;
  let toClient = 1;
  let turn = 0;
  const exchange = readRegisters(3, 100, 10, 1);
  const segment = (fromHmi: boolean, flags: number, payload: Uint8Array): Uint8Array => {
    const [from, to] = fromHmi ? [HMI, PLC] : [PLC, HMI];
    const tcp = { fromPort: fromHmi ? 40_000 : 502, toPort: fromHmi ? 502 : 40_000, sequence: fromHmi ? toServer : toClient, acknowledge: fromHmi ? toClient : toServer, flags };
    const frame = ethernet(fromHmi ? MAC.hmi : MAC.plc, fromHmi ? MAC.plc : MAC.hmi, ETHERTYPE.ipv4, tcpPacket({ from, to, id: turn, ttl: 64 }, tcp, payload));
    if (fromHmi) toServer += payload.length;
    else toClient += payload.length;
    return frame;
  };
  return {
    next() {
      const poll = (turn >> 1) + 1;
      return turn++ % 2 === 0
        ? segment(true, TCP_FLAG.psh | TCP_FLAG.ack, modbusAdu(poll, 1, exchange.request))
        : segment(false, TCP_FLAG.psh | TCP_FLAG.ack, modbusAdu(poll, 1, exchange.response));
    },
    polls: () => turn >> 1,
  };
}

/** A frame whose addresses and ports are put in without building it anew. */
function template(frame: Uint8Array): { readonly frame: Uint8Array; readonly view: DataView } {
  return { frame, view: new DataView(frame.buffer, frame.byteOffset, frame.length) };
}

const SOURCE = 26;
const DESTINATION = 30;
const PORTS = 34;
const syn = template(ethernet(MAC.attacker, MAC.plc, ETHERTYPE.ipv4, tcpPacket({ from: '192.0.2.66', to: '10.0.0.0', id: 1, ttl: 64 }, { fromPort: 50_000, toPort: 502, sequence: 1, acknowledge: 0, flags: TCP_FLAG.syn }, new Uint8Array(0))));
const datagram = template(ethernet(MAC.attacker, MAC.plc, ETHERTYPE.ipv4, udpPacket({ from: '192.0.2.66', to: '10.0.0.0', id: 1, ttl: 64 }, 1, 2, new Uint8Array(20))));
const link = template(ethernet(MAC.attacker, MAC.plc, 0x8892, new Uint8Array(46).fill(0x80)));

interface Attack {
  readonly name: string;
  readonly frames: number;
  frame(number: number, random: Random): Uint8Array;
  /** What is allowed to be a row of its own. */
  readonly mostConversations: number;
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'a SYN scan of a million addresses of a /8',
    frames: 1_000_000,
    mostConversations: 20_000,
    frame(number) {
      syn.view.setUint32(DESTINATION, 0x0a00_0000 + ((Math.imul(number, 7919) & 0xff_ffff) >>> 0));
      return syn.frame;
    },
  },
  {
    name: 'forged sources, random ports and transports',
    frames: 500_000,
    mostConversations: 200_000,
    frame(_number, random) {
      const one = random.integer(0, 1) === 0 ? syn : datagram;
      one.view.setUint32(SOURCE, random.integer(0, 0xffff_ffff));
      one.view.setUint32(DESTINATION, random.integer(0, 0xffff_ffff));
      one.view.setUint32(PORTS, random.integer(0, 0xffff_ffff));
      if (one === syn) return syn.frame.slice();
      return one.frame.slice();
    },
  },
  {
    name: 'random link addresses',
    frames: 400_000,
    mostConversations: 200_000,
    frame(_number, random) {
      link.frame.set(random.bytes(12), 0);
      link.frame[0] &= 0xfe;
      link.frame[6] &= 0xfe;
      return link.frame;
    },
  },
  {
    name: 'fragments that never end',
    frames: 400_000,
    mostConversations: 200_000,
    frame(_number, random) {
      const frame = datagram.frame;
      datagram.view.setUint32(SOURCE, 0xc000_0242);
      datagram.view.setUint32(DESTINATION, 0x0a4d_010a);
      datagram.view.setUint16(18, random.integer(0, 65_535));
      datagram.view.setUint16(20, random.integer(0, 1) === 0 ? 0x2000 : random.integer(1, 0x1fff));
      datagram.view.setUint32(PORTS, random.integer(0, 0xffff_ffff));
      return frame;
    },
  },
];

interface Outcome {
  readonly code: number;
  readonly err: string;
  readonly peakBytes: number;
}

/** The program with the kernel's own record of its peak memory, read while it runs. */
function importWatched(path: string, db: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(PROGRAM[0], [PROGRAM[1], 'import', path, '--db', db], { ...ENDS, stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    let peakBytes = 0;
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const timer = setInterval(() => {
      try {
        const [, kibi] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        peakBytes = Math.max(peakBytes, Number(kibi ?? 0) * 1024);
      } catch {
        // It has ended.
      }
    }, 20);
    child.on('close', (code) => {
      clearInterval(timer);
      resolve({ code: code ?? -1, err, peakBytes });
    });
  });
}

interface Polled {
  readonly packets: number;
  readonly requests: number;
  readonly responses: number;
  readonly rows: number;
}

function polledIn(db: Database.Database): Polled {
  const [packets, rows] = db
    .prepare(`SELECT coalesce(sum(packets_to_server + packets_to_client), 0), count(*) FROM conversation v JOIN address c ON c.id = v.client JOIN address s ON s.id = v.server
      WHERE c.text = ? AND s.text = ? AND v.port = 502 AND v.transport = 6`)
    .raw()
    .get(HMI, PLC) as [number, number];
  const [requests, responses] = db
    .prepare(`SELECT coalesce(sum(o.requests), 0), coalesce(sum(o.responses), 0) FROM operation o JOIN conversation v ON v.id = o.conversation JOIN address c ON c.id = v.client
      WHERE c.text = ? AND o.protocol = 'modbus' AND o.unit = 1 AND o.function = 3`)
    .raw()
    .get(HMI) as [number, number];
  return { packets, requests, responses, rows };
}

test.each(ATTACKS.map((attack) => [attack.name, attack] as const))('%s', async (name, attack) => {
  const path = join(folder, 'attack.pcap');
  const db = join(folder, 'attack.db');
  rmSync(db, { force: true });
  const random = createRandom(9);
  const polling = createPolling();
  const writer = createWriter(path);
  // The plant goes on before, during and after: one of its frames for every hundred of the attacker's.
  for (let i = 0; i < 200; i++) writer.put(polling.next());
  for (let i = 0; i < attack.frames; i++) {
    writer.put(attack.frame(i, random));
    if (i % 100 === 0) writer.put(polling.next());
  }
  for (let i = 0; i < 200; i++) writer.put(polling.next());
  const frames = writer.close();
  const outcome = await importWatched(path, db);
  expect(outcome).toMatchObject({ code: 0 });
  const store = new Database(db, { readonly: true });
  const totals = storedTotals(store);
  const polled = polledIn(store);
  store.close();
  const figures = `${name}: ${frames} frames, peak ${Math.round(outcome.peakBytes / MEBI)} MiB, store ${Math.round(statSync(db).size / MEBI)} MiB, ${totals.conversations} conversations, ${totals.scanPackets} packets folded`;
  console.info(figures);
  expect(outcome.peakBytes, figures).toBeGreaterThan(0);
  expect(outcome.peakBytes, figures).toBeLessThan(MOST_MEMORY_BYTES);
  expect(statSync(db).size, figures).toBeLessThan(MOST_STORE_BYTES);
  expect(totals.conversations, figures).toBeLessThan(attack.mostConversations);
  // Every frame is somewhere.
  expect(totals.captureFrames).toBe(frames);
  expect(totals.hourPackets).toBe(frames);
  expect(totals.conversationPackets + totals.scanPackets, figures).toBe(frames);
  // The plant's own is exact.
  expect(polled).toEqual({ packets: polling.polls() * 2 + ((frames - attack.frames) % 2), requests: Math.ceil((frames - attack.frames) / 2), responses: polling.polls(), rows: 1 });
  // And what was folded is told.
  const told = await runLine(['status', '--json', '--db', db]);
  expect(told).toMatchObject({ code: 0, err: '' });
  const status = JSON.parse(told.out);
  expect(status.totals.packets).toBe(frames);
  expect(status.limits.foldedPackets).toBe(totals.scanPackets);
  if (totals.scanPackets > 0) expect(status.sensor.losses).toContainEqual(expect.stringMatching(/packets of a flood of new conversations from .* counted, not kept one by one/));
  rmSync(path);
});

test('one connection that asks for every function, unit and range: bounded, and every message counted', async () => {
  const path = join(folder, 'functions.pcap');
  const db = join(folder, 'functions.db');
  const random = createRandom(4);
  const writer = createWriter(path);
  let sequence = 1;
  const REQUESTS = 150_000;
  for (let i = 0; i < REQUESTS; i++) {
    const pdu = random.integer(0, 1) === 0 ? concatBytes(Uint8Array.of(random.integer(1, 127)), random.bytes(4)) : concatBytes(Uint8Array.of(3), words(random.integer(0, 65_000), random.integer(1, 125)));
    const payload = modbusAdu(i & 0xffff, random.integer(0, 255), pdu);
    writer.put(ethernet(MAC.hmi, MAC.plc, ETHERTYPE.ipv4, tcpPacket({ from: HMI, to: PLC, id: i & 0xffff, ttl: 64 }, { fromPort: 40_000, toPort: 502, sequence, acknowledge: 1, flags: TCP_FLAG.psh | TCP_FLAG.ack }, payload)));
    sequence += payload.length;
  }
  const frames = writer.close();
  const outcome = await importWatched(path, db);
  expect(outcome).toMatchObject({ code: 0 });
  const store = new Database(db, { readonly: true });
  const totals = storedTotals(store);
  const malformed = Number(store.prepare("SELECT coalesce(sum(count), 0) FROM capture_counter WHERE name LIKE 'malformed.modbus%'").pluck().get());
  const operations = Number(store.prepare('SELECT count(*) FROM operation').pluck().get());
  store.close();
  const figures = `random functions: ${frames} frames, peak ${Math.round(outcome.peakBytes / MEBI)} MiB, store ${Math.round(statSync(db).size / MEBI)} MiB, ${operations} operations, ${totals.operations} messages, ${malformed} malformed`;
  console.info(figures);
  expect(outcome.peakBytes, figures).toBeLessThan(MOST_MEMORY_BYTES);
  expect(statSync(db).size, figures).toBeLessThan(MOST_STORE_BYTES);
  expect(totals.conversations).toBe(1);
  expect(totals.conversationPackets).toBe(frames);
  expect(operations, figures).toBeLessThan(5000);
  expect(totals.operations, figures).toBeLessThanOrEqual(REQUESTS);
  expect(totals.operations + malformed, figures).toBeGreaterThanOrEqual(REQUESTS * 0.99);
});

interface SpecShape {
  readonly zones: readonly { readonly zone_id: string; readonly assets?: readonly { readonly asset_id: string }[] }[];
  readonly conduits?: readonly { readonly conduit_id: string; readonly protocols_allowed: readonly Record<string, unknown>[] }[];
}

/** Who is where and what is allowed between whom, without the intruder. */
function shapeOf(path: string, intruder: string): { zones: unknown; rules: string[] } {
  const spec = parse(readFileSync(path, 'utf8')) as SpecShape;
  const isForeign = (text: string): boolean => text.includes(intruder);
  return {
    zones: spec.zones.map((zone) => [zone.zone_id, (zone.assets ?? []).map((asset) => asset.asset_id).filter((id) => !isForeign(id)).sort()]).filter(([, assets]) => (assets as string[]).length > 0),
    rules: (spec.conduits ?? []).flatMap((conduit) =>
      conduit.protocols_allowed.map(({ evidence: _evidence, rule_id: _id, id: _other, question: _question, ...rule }) => JSON.stringify([conduit.conduit_id, rule])),
    ).filter((rule) => !isForeign(rule)).sort(),
  };
}

test('a scan changes nothing in the proposal', async () => {
  const INTRUDER = '10.66.66.66';
  const calm = join(folder, 'calm.db');
  const scanned = join(folder, 'scanned.db');
  expect((await runLine(['import', join(SAMPLES, 'plant'), '--db', calm, '--quiet'])).code).toBe(0);
  copyFileSync(calm, scanned);
  const path = join(folder, 'scan.pcap');
  const writer = createWriter(path);
  syn.view.setUint32(SOURCE, 0x0a42_4242);
  for (let i = 0; i < 200_000; i++) {
    // Sweeps the networks of the plant first, then the rest of the /8.
    syn.view.setUint32(DESTINATION, i < 65_536 ? 0x0a14_0000 + i : 0x0a00_0000 + (Math.imul(i, 7919) & 0xff_ffff));
    syn.view.setUint32(PORTS, (50_000 << 16) | [502, 4840, 102, 22, 443][i % 5]!);
    writer.put(syn.frame);
  }
  writer.close();
  expect((await runLine(['import', path, '--db', scanned, '--quiet'])).code).toBe(0);
  const specs = [join(folder, 'calm.yaml'), join(folder, 'scanned.yaml')] as const;
  expect((await runLine(['propose-zones', '--db', calm, '--out', specs[0], '--quiet'])).code).toBe(0);
  expect((await runLine(['propose-zones', '--db', scanned, '--out', specs[1], '--quiet'])).code).toBe(0);
  const [before, after] = [shapeOf(specs[0], INTRUDER), shapeOf(specs[1], INTRUDER)];
  expect(before.rules.length).toBeGreaterThan(10);
  expect(after.zones).toEqual(before.zones);
  expect(after.rules).toEqual(before.rules);
});
