/** Who runs a live capture: the same process, a dead one, or nobody can say; and what follows from it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lossesOf } from '../../src/render/sensor-losses.ts';
import { openForWriting, readFromStore, type WritableStore } from '../../src/store/database.ts';
import { insertCapture } from '../../src/store/captures.ts';
import { describeOwner, ownerState, readOwner, SYSTEM, writeOwner, type ProcessTable } from '../../src/store/live-owner.ts';
import { packStore } from '../../src/store/pack-store.ts';
import { readStatus } from '../../src/store/read-status.ts';
import { beginLive } from '../../src/store/live-run.ts';
import { openCapture } from '../../src/source/open.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';

const STAT = (start: number, state = 'S'): string => `77 (a (strange) name) ${state} ${Array.from({ length: 18 }, (_, i) => i + 4).join(' ')} ${start} 0 0\n`;

const table = (start: number | null, { boot = 'boot-1', space = 'pid:[1]', machine = 'machine-1', state = 'S', isHidden = false } = {}): ProcessTable => {
  const files: Record<string, string | undefined> = {
    '/proc/77/stat': start === null ? undefined : STAT(start, state),
    '/proc/sys/kernel/random/boot_id': boot === '' ? undefined : `${boot}\n`,
    '/etc/machine-id': machine === '' ? undefined : `${machine}\n`,
  };
  return { read: (path) => files[path] ?? null, link: () => (space === '' ? null : space), exists: () => start !== null || isHidden };
};

describe('an owner', () => {
  const text = describeOwner(table(5000), 77) as string;

  test('is known again by number, start, boot and namespace, and names no machine', () => {
    expect(text).toContain('77 5000 boot-1 pid:[1] ');
    expect(text).not.toContain('machine-1');
    expect(ownerState(table(5000), text)).toBe('alive');
  });

  test('is dead when the process is gone, when its number is another process, and after a restart of the machine', () => {
    expect(ownerState(table(null), text)).toBe('dead');
    expect(ownerState(table(6000), text)).toBe('dead');
    expect(ownerState(table(5000, { boot: 'boot-2' }), text)).toBe('dead');
    expect(ownerState(table(5000, { state: 'Z' }), text), 'killed, and its parent has not asked').toBe('dead');
  });

  test('is unknown on another machine, in another container, and where the system tells nothing', () => {
    expect(ownerState(table(null, { boot: 'boot-2', machine: 'machine-2' }), text)).toBe('unknown');
    expect(ownerState(table(null, { boot: 'boot-2', machine: '' }), describeOwner(table(5000, { machine: '' }), 77) as string)).toBe('unknown');
    expect(ownerState(table(null, { space: 'pid:[2]' }), text)).toBe('unknown');
    expect(ownerState(table(null, { boot: '' }), text)).toBe('unknown');
    expect(ownerState(table(null, { isHidden: true }), text), 'somebody else\'s, hidden by hidepid').toBe('unknown');
    expect(describeOwner(table(5000, { boot: '' }), 77)).toBeNull();
    expect(describeOwner(table(null), 77)).toBeNull();
  });
});

const knowsProcesses = describeOwner(SYSTEM, process.pid) !== null;

describe.skipIf(!knowsProcesses)('a store whose capture', () => {
  const folder = testFolder();
  let stores = 0;

  /** A store with a capture that runs by its record, and who runs it. */
  function storeOf(owner: string): WritableStore {
    const store = openForWriting(join(folder, `${++stores}.db`));
    insertCapture(store.db, { kind: 'live', name: 'span0', format: 'live' }, 1);
    writeOwner(store.db, owner);
    return store;
  }

  async function ownerOf(use: (owner: string) => Promise<void> | void): Promise<string> {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const owner = describeOwner(SYSTEM, child.pid as number) as string;
    try {
      await use(owner);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    return owner;
  }

  test('lives is not taken by a second one, and is told as running', async () => {
    const source = await openCapture(join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng'));
    await ownerOf((owner) => {
      const store = storeOf(owner);
      expect(() => beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 1000 })).toThrow(/another capture writes into the store .* \(process \d+\)/);
      expect(readStatus(store.db)).toMatchObject({ captures: [{ state: 'running' }], live: { uncleanEnds: 0 } });
      store.close();
    });
    await source.close();
  });

  test('was killed is told as one without its last checkpoint, also in a packed copy, and the next one goes on', async () => {
    const owner = await ownerOf(() => undefined);
    const store = storeOf(owner);
    const told = { captures: [{ state: 'interrupted', reason: 'ended without its last checkpoint' }], live: { uncleanEnds: 1 } };
    const status = readStatus(store.db);
    expect(status).toMatchObject(told);
    expect(lossesOf(status)).toContain('1 capture interrupted: span0');
    const packed = join(folder, 'packed.db');
    packStore(store.path, join(folder, 'scratch.db'), packed);
    readFromStore(packed, (db) => {
      expect(readStatus(db)).toMatchObject(told);
      expect(readOwner(db)).toBeNull();
    });
    const source = await openCapture(join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng'));
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 1000 });
    expect(run.unfinished).toBe(1);
    expect(readOwner(store.db)).toBe(describeOwner(SYSTEM, process.pid));
    expect(await run.checkpoint('complete', '')).toBe(true);
    expect(readOwner(store.db)).toBeNull();
    await source.close();
    store.close();
  });
});
