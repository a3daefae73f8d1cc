/** An asset that was seen and is dragged into a zone takes the id under which a proposal would write it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nameAssets } from '../../src/commands/analysis.ts';
import { openDesk } from '../../src/commands/serve-desk.ts';
import { EXIT } from '../../src/errors.ts';
import { readFromStore } from '../../src/store/database.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { runLine } from './command-line.ts';
import { folderOfTest } from '../folder.ts';

const SPEC = 'zones:\n  - {zone_id: Z1, name: Cell}\nconduits: []\n';

/** Two devices of one link that talk by IPv6 (fd00::1 asks fd00::2 by SNMP), as a pcap. */
function capture(): Buffer {
  const packet = (from: number, to: number, ports: readonly [number, number]): Buffer => {
    const ip = (host: number): number[] => [0xfd, ...Array.from({ length: 14 }, () => 0), host];
    const udp = [ports[0] >> 8, ports[0] & 255, ports[1] >> 8, ports[1] & 255, 0, 12, 0, 0, 1, 2, 3, 4];
    const frame = [0, 0x80, 0x63, 0, 0, to, 0, 0x80, 0x63, 0, 0, from, 0x86, 0xdd, 0x60, 0, 0, 0, 0, udp.length, 17, 64, ...ip(from), ...ip(to), ...udp];
    const record = Buffer.alloc(16);
    for (const [i, word] of [1_772_600_000 + from, 0, frame.length, frame.length].entries()) record.writeUInt32LE(word, i * 4);
    return Buffer.concat([record, Buffer.from(frame)]);
  };
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  return Buffer.concat([head, packet(1, 2, [40_000, 161]), packet(2, 1, [161, 40_000])]);
}

test('whatever the wire calls it', async () => {
  const folder = folderOfTest();
  const store = join(folder, 'plant.db');
  writeFileSync(join(folder, 'link.pcap'), capture());
  expect((await runLine(['import', join(folder, 'link.pcap'), '--db', store, '--quiet'])).code).toBe(EXIT.ok);
  const { out } = await runLine(['propose-zones', '--db', store, '--out', '-']);
  const proposed = loadText(out).spec.zones.flatMap(({ assets }) => assets ?? []).flatMap((asset) => (typeof asset === 'string' ? [] : [asset.asset_id]));
  const desk = openDesk({ storePath: store, specFile: join(folder, 'spec.yaml'), tool: 'baseline', commandLine: '' });
  desk.draw(SPEC);
  const ids = readFromStore(store, nameAssets).assets.map(({ id }) => id);
  const written = ids.flatMap((asset) => {
    const done = desk.edit(SPEC, { kind: 'move-asset', asset, zone: 'Z1' });
    return 'text' in done ? loadText(done.text).spec.zones[0].assets ?? [] : [];
  });
  expect(written.map((asset) => (asset as { asset_id: string }).asset_id)).toEqual(proposed);
  expect(proposed).toEqual(['fd00-1', 'fd00-2']);
});
