/** A device that nobody declared: the finding says what it touches, and is as grave as that. */
import { expect, it } from 'vitest';
import type { Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { loadText } from '../loaded-spec.ts';
import { addressRecord, conversation, daysFrom, modbus, MONDAY, observations } from '../observed.ts';

const SPEC = loadText(`zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC-1, ip: [10.1.0.1]}, {asset_id: PLC-2, ip: [10.1.0.2]}]}
  - {zone_id: SIS, name: Safety, kind: safety, assets: [{asset_id: SIS-1, ip: [10.1.0.9]}]}
  - {zone_id: OPS, name: Operations, kind: operations, networks: [10.3.0.0/24], assets: [{asset_id: BACKUP, ip: [10.3.0.1]}]}
conduits: []
`);
const INTERNET = '34.51.64.171';

const told = (...all: Conversation[]): (readonly [string, string, string])[] =>
  diffSpec(SPEC, observations(all)).filter(({ type }) => type === 'undeclared-asset').map(({ client, severity, detail }) => [client ?? '', severity, detail.slice(detail.indexOf('. ') + 2)]);
const web = (client: string, server: string): Conversation => conversation(client, server, { port: 443, service: 'tls' });

it('names who it asks, by zone and service, and who asks it', () => {
  expect(told(modbus('10.9.0.1', '10.1.0.1'), modbus('10.9.0.1', '10.1.0.2'), conversation('10.3.0.1', '10.9.0.1', { port: 445, service: 'smb' }))).toEqual([
    ['10.9.0.1', 'medium', 'It asks PLC-1 (10.1.0.1), PLC-2 (10.1.0.2) of CELL for modbus (tcp/502); BACKUP (10.3.0.1) of OPS asks it for smb (tcp/445).'],
  ]);
});

it('what it changes stands first; into safety it is critical', () => {
  expect(told(modbus('10.9.0.1', '10.1.0.1'), modbus('10.9.0.1', '10.1.0.2', [{ code: 16 }]))).toEqual([
    ['10.9.0.1', 'high', 'It changes PLC-2 (10.1.0.2) of CELL by modbus (tcp/502); it asks PLC-1 (10.1.0.1) of CELL for modbus (tcp/502).'],
  ]);
  expect(told(modbus('10.9.0.1', '10.1.0.9', [{ code: 6 }]))[0][1]).toBe('critical');
  expect(told(modbus('10.9.0.1', '10.1.0.9'))[0][1]).toBe('medium');
  // It was changed; it changes nobody.
  expect(told(modbus('10.1.0.1', '10.9.0.1', [{ code: 6 }]))[0].slice(1)).toEqual(['medium', 'PLC-1 (10.1.0.1) of CELL asks it for modbus (tcp/502).']);
});

it('who joins a zone of control and the Internet is a way past the boundary, also where its address lies in a network', () => {
  const words = (address: string): string => `It asks PLC-1 (10.1.0.1) of CELL for modbus (tcp/502); it asks ${INTERNET} on the Internet for tls (tcp/443). So it joins CELL and the Internet past every boundary.${address}`;
  expect(told(modbus('10.9.0.1', '10.1.0.1'), web('10.9.0.1', INTERNET))).toEqual([['10.9.0.1', 'high', words('')]]);
  expect(told(modbus('10.3.0.77', '10.1.0.1'), web('10.3.0.77', INTERNET)).map(([, severity]) => severity)).toEqual(['high']);
  expect(told(web('10.9.0.1', INTERNET)).map(([address, severity]) => [address, severity])).toEqual([['10.9.0.1', 'medium']]);
});

it('says how much more there is', () => {
  const many = Array.from({ length: 7 }, (_, i) => conversation('10.9.0.1', '10.1.0.1', { port: 8000 + i, service: '' }));
  expect(told(...many)[0][2]).toMatch(/unnamed service \(tcp\/8003\); and 3 more kinds of conversation\.$/);
});

it('a public address that sends with a link address of its own is here, and nobody talks with the Internet', () => {
  const silent = conversation('10.1.0.1', INTERNET, { port: 443, service: '', answered: false });
  const types = (macs: readonly string[]): string[] => diffSpec(SPEC, observations([silent], daysFrom(MONDAY, 28), [addressRecord(INTERNET, macs)])).filter(({ client }) => client === '10.1.0.1').map(({ type, requirement }) => `${type} ${requirement}`);
  expect(types([])).toEqual(['requirement-violation SR-5.2-INTERNET']);
  expect(types(['00:1d:9c:20:01:77'])).toEqual(['undeclared-conversation null']);
});
