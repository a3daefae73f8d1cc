/** IP fragments in Suricata, inline: they have neither flow nor ports there, and what they make up is what is judged. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pcapFile, udpDatagram, type Endpoint } from '../../src/export/targets/frame-writer.ts';
import { plantPlan } from '../export/plant.ts';
import { canRun, program } from './loud-skip.ts';
import { alertedPorts, suricataFolder, written } from './suricata.ts';

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
    const folder = suricataFolder(mkdtempSync(join(tmpdir(), 'baseline-fragments-')));
    try {
      // The one Permit lets the client ask for the time, and the server nothing.
      const plan = { ...plantPlan(), permits: plantPlan().permits.filter(({ permit }) => permit.id === 'K1-TIME') };
      written(folder, 'suricata', plan, 'enforce');
      const isSilent = (frames: readonly Uint8Array[]): boolean => {
        const capture = join(folder, 'fragments.pcap');
        writeFileSync(capture, pcapFile([...frames]));
        return alertedPorts(folder, capture, true).size === 0;
      };
      const [asks, answers] = [{ ip: client, port: 50_000 }, { ip: server, port: 123 }];
      expect(isSilent([udpDatagram(asks, answers, new Uint8Array(48)), ...inFragments(answers, asks), ...inFragments(asks, answers)])).toBe(true);
      expect(isSilent(inFragments(asks, { ...answers, port: 124 }))).toBe(false);
      expect(isSilent(inFragments(answers, asks))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
