import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBE, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import { readCapture, readPayloads } from './capture-streams.ts';
import { TCP, UDP } from './every-protocol.ts';

const captures = process.env.BASELINE_CAPTURES ?? '../shared/captures';
const folders = ['ics', 'ip', 'modbus', 'opcua', 'linktypes'].filter((folder) => existsSync(join(captures, folder)));
if (folders.length === 0) console.warn(`probes: no captures at ${captures}; set BASELINE_CAPTURES to check against them`);

describe('probes against captures', () => {
  it('has captures, or says that it has none', () => {
    expect(folders.length > 0 || !existsSync(captures)).toBe(true);
  });

  it.each(folders)('%s: no payload is claimed by two protocols', (folder) => {
    const doubles: string[] = [];
    let claimed = 0;
    for (const file of readdirSync(join(captures, folder)).sort()) {
      if (!/cap(ng)?$/.test(file)) continue;
      for (const { transport, payload, sourcePort, destinationPort } of readPayloads(join(captures, folder, file))) {
        const port = Math.min(sourcePort, destinationPort);
        const names = (transport === 'tcp' ? TCP : UDP).filter((protocol) => protocol.probe(payload, 0, payload.length, TO_SERVER, port) === PROBE.certain).map(({ name }) => name);
        if (names.length > 1) doubles.push(`${file}: ${names.join(' and ')}`);
        claimed += names.length;
      }
    }
    expect(doubles).toEqual([]);
    expect(claimed).toBeGreaterThan(0);
  });

  it.each(folders)('%s: what a probe is certain of begins with an octet that its protocol names', (folder) => {
    const others = new Set<string>();
    for (const file of readdirSync(join(captures, folder))) {
      if (!/cap(ng)?$/.test(file)) continue;
      for (const { transport, payload, sourcePort, destinationPort } of readPayloads(join(captures, folder, file))) {
        for (const { name, firstOctets, probe } of transport === 'tcp' ? TCP : UDP) {
          if (firstOctets === undefined || payload.length === 0 || firstOctets.includes(payload[0])) continue;
          const ports = [0, sourcePort, destinationPort];
          if (ports.some((port) => probe(payload, 0, payload.length, TO_SERVER, port) === PROBE.certain)) others.add(`${file}: ${name}`);
        }
      }
    }
    expect([...others]).toEqual([]);
  });

  it('is certain of no payload with another first octet, whatever follows', () => {
    const named = [...TCP, ...UDP].filter(({ firstOctets }) => firstOctets !== undefined);
    expect(named.length).toBeGreaterThan(30);
    const others = new Set<string>();
    for (const folder of folders) {
      for (const file of readdirSync(join(captures, folder)).slice(0, 3)) {
        if (!/cap(ng)?$/.test(file)) continue;
        for (const { payload } of readPayloads(join(captures, folder, file)).slice(0, 10)) {
          if (payload.length === 0) continue;
          for (let octet = 0; octet < 256; octet++) {
            payload[0] = octet;
            for (const { name, ports, firstOctets, probe } of named) {
              if (firstOctets?.includes(octet) !== true && probe(payload, 0, payload.length, TO_SERVER, ports[0] ?? 0) === PROBE.certain) others.add(`${name} 0x${octet.toString(16)}`);
            }
          }
        }
      }
    }
    expect([...others]).toEqual([]);
  });

  /** Plant protocols: what their readers make of whole captures, by protocol and server port. */
  it.each([
    ['s7comm', 102],
    ['mms', 102],
    ['enip', 44818],
    ['dnp3', 20000],
    ['iec104', 2404],
    ['ads', 48898],
  ] as const)('%s on %i reads nearly all there is', (name, port) => {
    const protocol = TCP.find((one) => one.name === name);
    if (protocol === undefined || !folders.includes('ics')) return expect(folders).not.toContain('ics');
    let operations = 0;
    let malformed = 0;
    for (const file of readdirSync(join(captures, 'ics'))) {
      if (!/cap(ng)?$/.test(file)) continue;
      for (const { told, isCertain } of readCapture(join(captures, 'ics', file), 'tcp', protocol, (one) => one === port)) {
        if (!isCertain) continue;
        for (const n of told.operations.values()) operations += n;
        for (const n of told.malformed.values()) malformed += n;
      }
    }
    expect(operations).toBeGreaterThan(100);
    expect(malformed / operations).toBeLessThan(0.05);
  });
});
