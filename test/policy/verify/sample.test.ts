/**
 * Faults of enforcement planted at random into what was observed of the sample plant: each is found, where it was planted
 * and of the kind that it is, and nothing else changes.
 */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { join } from 'node:path';
import { describeOperation } from '../../../src/decode/app/registry.ts';
import type { Conversation } from '../../../src/observation.ts';
import { loadSpec, type LoadedSpec } from '../../../src/policy/spec/load.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { verifySpec } from '../../../src/policy/verify/verify.ts';
import type { Check, CheckKind } from '../../../src/policy/verify/checks.ts';
import { crossingsOf, type Crossing } from '../../../src/policy/verify/crossings.ts';
import { beginImport, importCapture } from '../../../src/store/import-capture.ts';
import { readWindow, type WindowedObservations } from '../../../src/store/read-window.ts';
import { createMemoryStore } from '../../fuzz/memory-store.ts';

const SAMPLES = join(import.meta.dirname, '../../../samples');
let loaded: LoadedSpec;
let seen: WindowedObservations;
let permitted: Crossing[];
let clean: ReadonlySet<string>;

beforeAll(async () => {
  const store = createMemoryStore();
  const session = beginImport(store);
  for (const file of ['00001_20260302.pcapng.gz', '00002_20260305.pcapng.gz', '00003_20260308.pcapng.gz', '00004_20260311.pcapng.gz', '00005_20260314.pcapng']) {
    await importCapture(session, join(SAMPLES, 'plant', `millbrook_${file}`), { force: false, signal: new AbortController().signal, progress: () => undefined });
  }
  seen = readWindow(store.db, describeOperation, { from: null, until: null });
  store.close();
  loaded = loadSpec(join(SAMPLES, 'plant.yaml'));
  // Often enough asked to tell silence from chance, answered, and all of it permitted.
  permitted = crossingsOf(contextOf(loaded, seen.set), seen.traffic).filter(({ reply, verdict, conversation }) => reply === 'answered' && conversation.requests >= 5 && conversation.transport === 'tcp' && verdict.asks.every(({ permit }) => permit !== null));
  clean = new Set(failures(verify(seen.set.conversations, seen.traffic)).map(({ id }) => id));
});

const verify = (conversations: readonly Conversation[], traffic: WindowedObservations['traffic']): readonly Check[] =>
  verifySpec({ compared: contextOf(loaded, { ...seen.set, conversations }), traffic, before: null, attempts: [], probes: [], sensor: () => 'sample' }).checks;

const failures = (checks: readonly Check[]): Check[] => checks.filter(({ verdict }) => verdict === 'fail');

interface Planted {
  readonly kind: CheckKind;
  readonly conversation: Conversation;
  readonly answers: number;
}

const FAULTS: readonly ((crossing: Crossing) => Planted | null)[] = [
  // Blocked: nothing comes back any more.
  ({ conversation }) => ({
    kind: 'permitted', answers: 0,
    conversation: { ...conversation, packets: { ...conversation.packets, toClient: 0 }, answeredSessions: 0, operations: conversation.operations.map((one) => ({ ...one, responses: 0, errors: 0 })) },
  }),
  // Refused: resets alone.
  ({ conversation }) => ({
    kind: 'permitted', answers: 0,
    conversation: { ...conversation, packets: { toServer: conversation.sessions, toClient: conversation.sessions }, requests: 0, answeredSessions: 0, operations: [] },
  }),
  // A client of another zone does the same, and is answered.
  ({ conversation, answers }) => ({ kind: 'prohibited', answers: answers ?? 1, conversation: { ...conversation, id: 1_000_000, client: '10.20.40.53', days: conversation.days.slice(0, 1) } }),
  // A filter is off: something that no Permit names is answered.
  ({ conversation, answers, verdict }) => {
    const [operation] = conversation.operations;
    if (operation?.protocol !== 'modbus' || !verdict.related.every(({ permit }) => permit.modbus !== null && !permit.modbus.functionCodes.includes(8))) return null;
    return {
      kind: 'function-filter', answers: (answers ?? 0) + 1,
      conversation: { ...conversation, operations: [...conversation.operations, { ...operation, function: 8, name: 'Diagnostics', access: 'diagnose', ranges: [], requests: 1, responses: 1, errors: 0 }] },
    };
  },
];

test('forty faults at random places: found where they are, as what they are, and nothing else', () => {
  expect(permitted.length).toBeGreaterThan(20);
  const kinds = new Set<CheckKind>();
  fc.assert(fc.property(fc.nat(permitted.length - 1), fc.constantFrom(...FAULTS), (at, fault) => {
    const planted = fault(permitted[at]);
    fc.pre(planted !== null);
    const { kind, conversation, answers } = planted;
    fc.pre(kind !== 'prohibited' || (permitted[at].client?.zone !== 'Z-OFFICE' && !seen.set.conversations.some((one) => one.client === conversation.client && one.server === conversation.server && one.port === conversation.port)));
    const others = seen.set.conversations.filter(({ id }) => id !== conversation.id);
    const traffic = new Map(seen.traffic).set(conversation.id, { answers, hours: [], isWhole: true });
    const found = failures(verify([...others, conversation], traffic)).filter(({ id }) => !clean.has(id));
    expect(found.length, `${kind} ${conversation.client} -> ${conversation.server}:${conversation.port}`).toBeGreaterThan(0);
    for (const check of found) expect(check).toMatchObject({ kind, client: conversation.client, server: conversation.server });
    kinds.add(kind);
  }), { numRuns: 40, seed: 8 });
  expect(kinds.size).toBe(3);
});
