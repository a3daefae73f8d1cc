/** tshark, as an independent reader, finds in the samples what their generator says it put there. Needs the Debian package tshark. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { samples } from '../samples/generate.ts';
import { canRun, program } from './tools/loud-skip.ts';

const isThere = canRun('the samples read by tshark', [program('tshark')]);

describe.runIf(isThere)('the samples read by tshark', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baseline-samples-'));
    for (const sample of samples()) writeFileSync(join(folder, basename(sample.path)), sample.content);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** One line a frame that the filter keeps. */
  const frames = (file: string, filter: string, ...fields: readonly string[]): readonly string[] => {
    const options = fields.flatMap((field) => ['-e', field]);
    const checksums = ['ip', 'tcp', 'udp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);
    const run = spawnSync('tshark', [...checksums, '-r', join(folder, file), '-Y', filter, '-T', 'fields', ...options], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    return run.stdout.split('\n').filter((line) => line !== '');
  };
  const plant = samples().filter((sample) => sample.path.startsWith('plant/')).map((sample) => basename(sample.path));

  test.each(plant)('%s: nothing malformed, checksums right', (file) => {
    expect(frames(file, '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0', 'frame.number')).toEqual([]);
  });

  test.each(plant)('%s: Modbus, OPC UA and LLDP are recognised', (file) => {
    expect(frames(file, 'mbtcp', 'frame.number').length).toBeGreaterThan(1000);
    expect(frames(file, 'opcua', 'frame.number').length).toBeGreaterThan(100);
    expect(frames(file, 'lldp', 'frame.number').length).toBeGreaterThan(0);
  });

  test('the planted writes are where samples/README.md says', () => {
    const written = (client: string, server: string): readonly string[] =>
      plant.flatMap((file) => frames(file, `ip.src == ${client} && ip.dst == ${server} && (modbus.func_code == 6 || modbus.func_code == 16)`, 'frame.time_epoch', 'modbus.func_code'));
    const functionAt = (time: string, functionCode: number): string => `${Date.parse(time) / 1000}.000800000\t${functionCode}`;
    expect(written('10.20.2.20', '10.20.4.63')).toEqual([functionAt('2026-03-06T11:00:00Z', 16)]);
    expect(written('10.20.7.31', '10.20.4.63')).toEqual([functionAt('2026-03-05T13:05:00Z', 6)]);
    expect(written('10.20.2.10', '10.20.5.9')).toEqual([functionAt('2026-03-10T16:20:00Z', 16)]);
  });

  test.each([
    ['pipelined.pcap', ['3', '6', '4']],
    ['identification.pcap', ['43']],
    ['qinq.pcap', ['3', '3', '3', '3', '3']],
    ['stored.pcap.zst', ['3', '3', '3', '3', '3']],
  ])('%s holds the requests it says', (file, functionCodes) => {
    const codes = frames(file, 'tcp.dstport == 502 && modbus', 'modbus.func_code').flatMap((line) => line.split(','));
    expect(codes).toEqual(functionCodes);
  });
});
