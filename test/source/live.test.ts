/**
 * The live source over an addon made of plain objects: merging, heartbeats, re-opening, link types, clock steps and
 * words, with nothing captured. The real addon is tried in test/tools/live-capture.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BaselineError, EXIT } from '../../src/errors.ts';
import { BATCH_FRAMES } from '../../src/source/frame-batch.ts';
import {
  CAPTURE_STATE,
  HEADER,
  loadAddon,
  viewBlocks,
  type Addon,
  type BlockViews,
  type Capture,
  type CaptureFailure,
} from '../../src/source/live-addon.ts';
import { openingError, plain } from '../../src/source/live-errors.ts';
import { runsAsRoot } from '../../src/source/live-privileges.ts';
import { openLiveBy, type LiveOptions } from '../../src/source/live.ts';
import type { LiveEvent } from '../../src/source/live-channel.ts';

interface FakeCapture extends Capture {
  readonly device: string;
  readonly asked: readonly (string | number)[];
  /** Opens, with this data link type. */
  open(dataLink?: number): void;
  receive(frames: readonly { readonly seconds: number; readonly octets: readonly number[]; readonly wire?: number }[]): void;
  kernel(figures: Partial<Record<keyof typeof HEADER, number>>): void;
  fail(failure: CaptureFailure): void;
}

/** One capture at a time per interface, driven by the test. */
function createFakeAddon(open: (capture: FakeCapture) => void) {
  const made: FakeCapture[] = [];
  /** Called with `new`, like the addon's own class. */
  function Fake(device: string, filter: string, numbers: Float64Array, tell: () => void): FakeCapture {
    const [, , , blocks, blockFrames] = numbers;
    let state: number = CAPTURE_STATE.opening;
    let details = {};
    let views: BlockViews[] = [];
    const figures: number[] = Array.from({ length: 16 }, () => 0);
    const filled: number[] = [];
    let free = Array.from({ length: blocks }, (_, i) => i);
    let ended = false;
    const end = (): void => {
      ended = true;
      state = CAPTURE_STATE.ended;
      tell();
    };
    const fake: FakeCapture = {
      device,
      asked: [device, filter, ...numbers],
      memory() {
        const memory = new ArrayBuffer(blocks * (128 + blockFrames * 24 + 4096));
        views = viewBlocks(memory, blocks, blockFrames);
        return memory;
      },
      state: () => state,
      details: () => details,
      take: () => filled.shift() ?? -1,
      release(block) {
        free.push(block);
      },
      stats: (into) => into.set(figures),
      stop: end,
      close: end,
      open(dataLink = 1) {
        details = { dataLink, nanoseconds: true, warning: '' };
        state = CAPTURE_STATE.open;
        tell();
      },
      receive(frames) {
        const block = free.shift();
        if (block === undefined || ended) throw new Error('the ring is full, or the capture has ended');
        const view = views[block];
        let used = 0;
        frames.forEach((frame, i) => {
          view.seconds[i] = frame.seconds;
          view.nanos[i] = 0;
          view.offset[i] = used;
          view.captured[i] = frame.octets.length;
          view.wire[i] = frame.wire ?? frame.octets.length;
          view.bytes.set(frame.octets, used);
          used += frame.octets.length;
        });
        view.header.set(figures);
        view.header[HEADER.count] = frames.length;
        filled.push(block);
        tell();
      },
      kernel(change) {
        for (const [name, value] of Object.entries(change)) figures[HEADER[name as keyof typeof HEADER]] = value;
        figures[HEADER.statsValid] = 1;
        figures[HEADER.sequence]++;
      },
      fail(failure) {
        details = { ...details, failure };
        end();
      },
    };
    made.push(fake);
    queueMicrotask(() => open(fake));
    return fake;
  }
  const addon: Addon = {
    Capture: Fake as unknown as Addon['Capture'],
    loadLibrary: () => 'fake',
    dropPrivileges: () => {},
    lock: () => true,
  };
  return { addon, made };
}

const listen = async (open: (capture: FakeCapture) => void, options: Partial<LiveOptions> = {}) => {
  const { addon, made } = createFakeAddon(open);
  const events: LiveEvent[] = [];
  const source = await openLiveBy(addon, 'fake', { interfaces: ['span0'], heartbeatMs: 20, onEvent: (event) => void events.push(event), ...options });
  return { source, made, events };
};

const frames = (seconds: number, count = 1) => Array.from({ length: count }, (_, i) => ({ seconds: seconds + i, octets: [seconds & 255, i & 255] }));

const UP = 0x41;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('live source', () => {
  test('hands blocks over as frame batches with the totals of their interface', async () => {
    const { source, made, events } = await listen((capture) => capture.open());
    expect(events).toEqual([{ kind: 'opened', interface: 'span0', linkType: 1, nanoseconds: true, warning: '' }]);
    made[0].kernel({ received: 5, dropped: 2, interfaceDropped: 1, flags: UP });
    made[0].receive([
      { seconds: 10, octets: [1, 2, 3] },
      { seconds: 11, octets: [4], wire: 1500 },
    ]);
    const batch = await source.next();
    expect(batch).toMatchObject({ count: 2, linkType: 1, interfaceIndex: 0 });
    expect(batch?.totals).toMatchObject({ processed: 2, kernelDropped: 2, received: 4, interfaceDropped: 1, waiting: 1 });
    expect([...(batch?.bytes.subarray(batch.offset[1], batch.offset[1] + batch.captured[1]) ?? [])]).toEqual([4]);
    expect(batch?.wire[1]).toBe(1500);
    expect(batch?.view.getUint8(2)).toBe(3);
    expect(source.counts).toMatchObject({ frames: 2, position: 4, droppedByCapture: 3 });
    expect(source.interfaces).toEqual([{ name: 'span0', linkType: 1, snapLength: 262_144, frames: 2 }]);
    await source.close();
    expect(source.end()).toEqual({ kind: 'complete' });
  });

  test('a block stays lent until the next one is asked for', async () => {
    const { source, made } = await listen((capture) => capture.open());
    const released = vi.spyOn(made[0], 'release');
    made[0].receive(frames(1));
    await source.next();
    expect(released).not.toHaveBeenCalled();
    await source.next();
    expect(released).toHaveBeenCalledExactlyOnceWith(0);
    await source.close();
  });

  test('goes through the ring many times over, more blocks than there are', async () => {
    const { source, made } = await listen((capture) => capture.open());
    for (let i = 0; i < 100; i++) {
      made[0].receive(frames(i, 3));
      expect((await source.next())?.seconds[0]).toBe(i);
    }
    expect(source.counts.frames).toBe(300);
    await source.close();
  });

  test('beats when nothing comes, with the newest figures', async () => {
    const { source, made } = await listen((capture) => capture.open());
    made[0].kernel({ received: 8, dropped: 8, flags: UP });
    const batch = await source.next();
    expect(batch).toMatchObject({ count: 0, totals: { received: 8, processed: 0, kernelDropped: 8 } });
    await source.close();
  });

  test('figures that a heartbeat has read already are not counted again with the block that carried them', async () => {
    const { source, made } = await listen((capture) => capture.open());
    made[0].kernel({ received: 4, dropped: 3 });
    made[0].receive(frames(1));
    made[0].kernel({ received: 9, dropped: 7 });
    const first = await source.next();
    expect(first?.totals).toMatchObject({ kernelDropped: 3, resets: 0 });
    const beat = await source.next();
    expect(beat?.totals).toMatchObject({ kernelDropped: 7, resets: 0 });
    made[0].receive(frames(2));
    expect((await source.next())?.totals).toMatchObject({ kernelDropped: 7, processed: 2, waiting: 0, resets: 0 });
    await source.close();
  });

  test('merges interfaces, the earliest first frame first, and keeps their link types apart', async () => {
    const { source, made } = await listen((capture) => capture.open(capture.device === 'tun0' ? 12 : 1), { interfaces: ['span0', 'tun0', 'span0'] });
    expect(made).toHaveLength(2);
    made[0].receive(frames(20));
    made[1].receive(frames(10));
    made[1].receive(frames(30));
    const seen = [];
    for (let i = 0; i < 3; i++) {
      const batch = await source.next();
      seen.push([batch?.seconds[0], source.interfaces[batch?.interfaceIndex ?? -1].name, batch?.linkType]);
    }
    // DLT_RAW is 12 on Linux, LINKTYPE_RAW is 101.
    expect(seen).toEqual([
      [10, 'tun0', 101],
      [20, 'span0', 1],
      [30, 'tun0', 101],
    ]);
    expect(source.totals()).toMatchObject({ processed: 3 });
    await source.close();
  });

  test('frames of several interfaces come by their times, a block of one in as many parts as the others ask for', async () => {
    const { source, made } = await listen((capture) => capture.open(), { interfaces: ['a', 'b'] });
    const released = vi.spyOn(made[0], 'release');
    const at = (...times: readonly number[]) => times.map((seconds) => ({ seconds, octets: [seconds & 255, seconds & 255] }));
    made[0].receive(at(10, 12, 13, 16));
    made[1].receive(at(11, 14, 15));
    const seen: unknown[] = [];
    for (let left = 7; left > 0;) {
      const batch = await source.next();
      left -= batch!.count;
      seen.push([source.interfaces[batch!.interfaceIndex].name, ...Array.from({ length: batch!.count }, (_, i) => [batch!.seconds[i], batch!.bytes[batch!.offset[i]]])]);
      if (left > 0) expect(released).not.toHaveBeenCalled();
    }
    expect(seen).toEqual([['a', [10, 10]], ['b', [11, 11]], ['a', [12, 12], [13, 13]], ['b', [14, 14], [15, 15]], ['a', [16, 16]]]);
    expect(source.counts).toMatchObject({ frames: 7, position: 14 });
    expect(source.interfaces.map((face) => face.frames)).toEqual([4, 3]);
    expect(source.totals()).toMatchObject({ processed: 7 });
    await source.close();
  });

  test('a frame waits for an interface that has nothing ready, as long as one before it may be on its way', async () => {
    const { source, made } = await listen((capture) => capture.open(), { interfaces: ['a', 'b', 'away'], heartbeatMs: 60_000 });
    const nowS = (): number => Date.now() / 1000;
    made[2].fail({ stage: 'gone', code: -1, message: 'The interface disappeared' });
    const [first, second] = [nowS() - 0.02, nowS()];
    made[0].receive([{ seconds: second, octets: [2] }]);
    const next = source.next();
    made[1].receive([{ seconds: first, octets: [1] }]);
    expect((await next)?.seconds[0]).toBe(first);
    // Nothing came from b any more: after a while nothing can.
    expect((await source.next())?.seconds[0]).toBe(second);
    expect(nowS() - second).toBeGreaterThan(0.1);
    // A time that is yet to come is no reason to wait.
    made[0].receive([{ seconds: nowS() + 3600, octets: [3] }]);
    expect((await source.next())?.count).toBe(1);
    await source.close();
  });

  test('stop hands over what is there, then null, and null again', async () => {
    const { source, made } = await listen((capture) => capture.open());
    made[0].receive(frames(1));
    made[0].receive(frames(2));
    source.stop();
    expect((await source.next())?.seconds[0]).toBe(1);
    expect((await source.next())?.seconds[0]).toBe(2);
    expect(await source.next()).toBeNull();
    expect(await source.next()).toBeNull();
    expect(source.states()).toMatchObject([{ name: 'span0', state: 'ended' }]);
    await source.close();
  });

  test('an interface that disappears is opened again, tried until it is there, and its new link type is told', async () => {
    const gone: CaptureFailure = { stage: 'gone', code: -1, message: 'The interface disappeared' };
    const missing: CaptureFailure = { stage: 'open', code: -5, message: 'No such device exists' };
    let attempt = 0;
    const { source, made, events } = await listen((capture) => {
      attempt++;
      if (attempt === 1) capture.open(1);
      else if (attempt === 2) capture.fail(missing);
      else capture.open(12);
    });
    made[0].kernel({ received: 5, dropped: 1 });
    made[0].receive(frames(1, 4));
    made[0].fail(gone);
    const first = await source.next();
    expect(first).toMatchObject({ count: 4, linkType: 1 });
    while (made.length < 3) expect(await source.next()).toMatchObject({ count: 0 });
    await source.next();
    made[2].kernel({ received: 2, dropped: 0 });
    made[2].receive(frames(9, 2));
    let after = await source.next();
    while (after?.count === 0) after = await source.next();
    expect(after).toMatchObject({ count: 2, linkType: 101, interfaceIndex: 1, totals: { received: 7, processed: 6, kernelDropped: 1, resets: 0 } });
    expect(events.map((event) => event.kind)).toEqual(['opened', 'lost', 'reopened']);
    expect(events[1]).toEqual({ kind: 'lost', interface: 'span0', reason: 'The interface disappeared', final: false });
    expect(events[2]).toMatchObject({ linkType: 101, linkTypeChanged: true });
    expect(source.states()).toMatchObject([{ state: 'open', reopenings: 1 }]);
    expect(source.interfaces.map((one) => one.linkType)).toEqual([1, 101]);
    await source.close();
  });

  test('without the right to open it again the loss is final, and the source says so', async () => {
    let attempt = 0;
    const { source, made, events } = await listen((capture) => {
      if (++attempt === 1) capture.open();
      else capture.fail({ stage: 'open', code: -8, message: 'Operation not permitted' });
    });
    made[0].fail({ stage: 'gone', code: -1, message: 'The interface disappeared' });
    const rest = async (): Promise<void> => {
      while ((await source.next()) !== null);
    };
    await expect(rest()).rejects.toThrow('no permission to capture on span0');
    expect(events.at(-1)).toMatchObject({ kind: 'lost', final: true });
    await source.close();
  });

  test('stopping while an interface is away ends at once', async () => {
    let attempt = 0;
    const { source, made } = await listen((capture) => {
      if (++attempt === 1) capture.open();
    });
    made[0].fail({ stage: 'read', code: -1, message: 'The interface went down' });
    await source.next();
    expect(source.states()).toMatchObject([{ state: 'away' }]);
    source.stop();
    expect(await source.next()).toBeNull();
    await source.close();
    expect(attempt).toBe(1);
  });

  test('one interface that cannot be opened fails the whole, and the others are let go', async () => {
    const opened: FakeCapture[] = [];
    const opening = listen(
      (capture) => {
        opened.push(capture);
        if (capture.device === 'span0') capture.open();
        else capture.fail({ stage: 'open', code: -5, message: 'No such device' });
      },
      { interfaces: ['span0', 'nosuch'] },
    );
    await expect(opening).rejects.toMatchObject({ message: 'there is no interface nosuch', remedy: expect.stringContaining('Interfaces here: '), exitCode: EXIT.usage });
    expect(opened.map((capture) => capture.state())).toEqual([CAPTURE_STATE.ended, CAPTURE_STATE.ended]);
  });

  test('tells when the link goes down and comes up', async () => {
    const { source, made, events } = await listen((capture) => capture.open());
    for (const flags of [UP, 1, 1, 0, UP]) {
      made[0].kernel({ flags });
      await source.next();
    }
    expect(events.slice(1)).toMatchObject([
      { kind: 'link', up: false },
      { kind: 'link', up: true },
    ]);
    await source.close();
  });

  test('tells when the clock was set, and not when time just passed', async () => {
    const { source, events } = await listen((capture) => capture.open());
    await source.next();
    const real = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => real() - 86_400_000);
    await source.next();
    await source.next();
    const steps = events.filter((event) => event.kind === 'clock-step');
    expect(steps).toHaveLength(1);
    expect(steps[0].stepMs / 1000).toBeCloseTo(-86_400, 0);
    await source.close();
  });

  test('tells the addon what was asked for, and makes blocks that hold the longest frame', async () => {
    const { source, made } = await listen((capture) => capture.open(), { snapLength: 96, promiscuous: false, filter: 'tcp', bufferBytes: 1e6, adapterTimestamps: true });
    // Snap length, kernel buffer, timeout, blocks, frames and octets of a block, promiscuous, timestamps of the adapter.
    expect(made[0].asked).toEqual(['span0', 'tcp', 96, 1e6, 100, 8, BATCH_FRAMES, 2 ** 20, 0, 1]);
    await source.close();
    const wide = await listen((capture) => capture.open());
    expect(wide.made[0].asked).toEqual(['span0', '', 262_144, 128 * 2 ** 20, 100, 8, BATCH_FRAMES, 2 ** 20, 1, 0]);
    await wide.source.close();
  });

  test('needs an interface', async () => {
    await expect(listen((capture) => capture.open(), { interfaces: [] })).rejects.toThrow('no interface was named');
  });
});

describe('words for what cannot be opened', () => {
  const present = ['span0', 'lo'];
  const failure = (code: number, message = 'words', stage: CaptureFailure['stage'] = 'open'): CaptureFailure => ({ stage, code, message });

  test.each([
    [failure(-5), 'there is no interface span9', 'Interfaces here: lo, span0.'],
    [failure(-8), 'no permission to capture on span9: CAP_NET_RAW is missing', 'docs/operations.md, section 4'],
    [failure(-11), 'no permission to capture on span9', 'docs/operations.md, section 4'],
    [failure(-9), 'interface span9 is down', 'ip link set span9 up'],
    [failure(-1, 'syntax error', 'filter'), 'the filter "tcp prot" does not hold on span9: syntax error', 'pcap-filter'],
    [failure(-1, 'odd'), 'cannot capture on span9: odd', 'Interfaces here: lo, span0.'],
  ])('%o', (reason, message, remedy) => {
    const error = openingError('span9', 'tcp prot', reason, present);
    expect(error).toBeInstanceOf(BaselineError);
    expect(error.exitCode).toBe(EXIT.usage);
    expect(error.message).toContain(message);
    expect(error.remedy).toContain(remedy);
    expect(`${error.message}${error.remedy}`).not.toMatch(/[\r\n]/);
  });

  test('many interfaces are cut short, none is said plainly', () => {
    const many = Array.from({ length: 30 }, (_, i) => `veth${String(i).padStart(2, '0')}`);
    expect(openingError('x', '', failure(-5), many).remedy).toMatch(/veth19, and 10 more\.$/);
    expect(openingError('x', '', failure(-5), []).remedy).toBe('This machine has no interface.');
  });

  test('nothing that a terminal would obey gets through', () => {
    expect(plain('a\u001b[31mb\u009bc\n\u202ed')).toBe('a?[31mb?c?d');
    expect(plain('x'.repeat(1000))).toHaveLength(300);
  });
});

describe('what is missing', () => {
  test('libpcap: the package is named', () => {
    const built = ((): boolean => {
      try {
        loadAddon();
        return true;
      } catch {
        return false;
      }
    })();
    const expected = built ? /libpcap is not installed \(libnope\.so\.9: / : /addon is not built|works on Linux only/;
    // In a process of its own: where another test has loaded libpcap already, none is missing.
    const script = `
      import { loadLibpcap } from ${JSON.stringify(new URL('../../src/source/live-addon.ts', import.meta.url).href)};
      try { loadLibpcap(['libnope.so.9']); } catch ({ name, message, remedy }) { console.log(JSON.stringify({ name, message, remedy })); }`;
    const { stdout } = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script], { encoding: 'utf8' });
    const { name, message, remedy } = JSON.parse(stdout) as Record<'name' | 'message' | 'remedy', string>;
    expect(name).toBe('BaselineError');
    expect(message).toMatch(expected);
    if (built) expect(remedy).toContain('libpcap0.8');
  });

  test('the addon: how to build it, and what works without', () => {
    const empty = mkdtempSync(join(tmpdir(), 'baseline-no-addon-'));
    try {
      expect(() => loadAddon(empty)).toThrow(/addon is not built|works on Linux only/);
      try {
        loadAddon(empty);
      } catch (error) {
        expect((error as BaselineError).remedy).toContain('tcpdump');
        expect((error as BaselineError).message).not.toMatch(/[\r\n]/);
      }
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  test('root is known', () => {
    expect(runsAsRoot()).toBe(process.geteuid?.() === 0);
  });
});
