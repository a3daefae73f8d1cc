/** IP fragments in Suricata, inline: they have neither flow nor ports there, and what they make up is what is judged. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { pcapFile, udpDatagram, type Endpoint } from '../../src/export/targets/frame-writer.ts';
import { plantPlan } from '../export/plant.ts';
import { canRun, program } from './loud-skip.ts';
import { CLASSES, CONFIG } from './suricata-config.ts';

const able = canRun('Suricata rules for fragments', [program('suricata', 'suricata (of bookworm-backports)')]);

const FIRST_OCTETS = 800;

/** A datagram of 1500 octets in two fragments (RFC 791 section 3.2; RFC 8200 section 4.5). */
const inFragments = (from: Endpoint, to: Endpoint): Uint8Array[] => {
  const frame = udpDatagram(from, to, new Uint8Array(1500));
  const isIpv6 = from.ip.includes(':');
  const behindIp = isIpv6 ? 54 : 34;
  return [frame.subarray(behindIp, behindIp + FIRST_OCTETS), frame.subarray(behindIp + FIRST_OCTETS)].map((part, index) => {
    const head = Buffer.from(frame.subarray(0, behindIp));
    const offset = index * FIRST_OCTETS;
    const isLast = index === 1;
    if (isIpv6) {
      head[20] = 44;
      head.writeUInt16BE(8 + part.length, 18);
      const place = offset | (isLast ? 0 : 1);
      return Buffer.concat([head, Buffer.from([17, 0, place >> 8, place & 255, 0, 0, 0, 7]), part]);
    }
    head.writeUInt16BE(20 + part.length, 16);
    head.writeUInt16BE((offset >> 3) | (isLast ? 0 : 0x2000), 20);
    return Buffer.concat([head, part]);
  });
};

describe.runIf(able)('Suricata', () => {
  test.each([['192.168.10.12', '192.168.30.5'], ['fd00:10::12', 'fd00:30::5']])('%s and %s: answers in fragments pass, and what no Permit lets through does not', (client, server) => {
    const folder = mkdtempSync(join(tmpdir(), 'baseline-fragments-'));
    try {
      // The one Permit lets the client ask for the time, and the server nothing.
      const plan = { ...plantPlan(), permits: plantPlan().permits.filter(({ permit }) => permit.id === 'K1-TIME') };
      for (const { path, content } of exportPlan(exporterOf('suricata'), plan, { mode: 'enforce' }).files) if (path.endsWith('.rules')) writeFileSync(join(folder, 'baseline.rules'), content);
      writeFileSync(join(folder, 'suricata.yaml'), CONFIG(folder, true, '502'));
      writeFileSync(join(folder, 'classification.config'), CLASSES);
      const alerts = (frames: readonly Uint8Array[]): number => {
        const capture = join(folder, 'fragments.pcap');
        writeFileSync(capture, pcapFile([...frames]));
        rmSync(join(folder, 'eve.json'), { force: true });
        const done = spawnSync('suricata', ['-c', join(folder, 'suricata.yaml'), '-S', join(folder, 'baseline.rules'), '-r', capture, '-l', folder, '-k', 'none', '--runmode', 'single', '--simulate-ips'], { encoding: 'utf8' });
        expect(done.status, `${done.stdout}${done.stderr}`).toBe(0);
        return readFileSync(join(folder, 'eve.json'), 'utf8').split('\n').filter((line) => line.includes('"event_type":"alert"')).length;
      };
      const [asks, answers] = [{ ip: client, port: 50_000 }, { ip: server, port: 123 }];
      expect(alerts([udpDatagram(asks, answers, new Uint8Array(48)), ...inFragments(answers, asks), ...inFragments(asks, answers)])).toBe(0);
      expect(alerts(inFragments(asks, { ...answers, port: 124 }))).toBeGreaterThan(0);
      expect(alerts(inFragments(answers, asks))).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
