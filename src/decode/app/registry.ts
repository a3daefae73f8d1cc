/**
 * Every application protocol the decoder reads, in the order it asks them. One table; a duplicate name is a fault at
 * start-up. Adding a protocol is one file and one line here (docs/add-a-protocol.md).
 */
import type { Access } from '../../observation.ts';
import { modbus } from './modbus.ts';
import { OPCUA } from './opcua.ts';
import type { StreamProtocol } from './protocol.ts';

/** Read from TCP streams. The hottest first. */
export const STREAM_PROTOCOLS: readonly StreamProtocol[] = [modbus, OPCUA];

/** Read from single UDP datagrams. */
export const DATAGRAM_PROTOCOLS: readonly StreamProtocol[] = [modbus];

const byName = new Map<string, StreamProtocol>();
for (const list of [STREAM_PROTOCOLS, DATAGRAM_PROTOCOLS]) {
  const names = new Set<string>();
  for (const protocol of list) {
    if (names.has(protocol.name)) throw new Error(`two protocols are called ${protocol.name}`);
    names.add(protocol.name);
    byName.set(protocol.name, protocol);
  }
}

export const protocolByName = (name: string): StreamProtocol | undefined => byName.get(name);

/** Names in a stable order, so that they can be interned first and always get the same number. */
export const PROTOCOL_NAMES: readonly string[] = [...byName.keys()];

/** The standard's name and access class of an operation; an unknown protocol's operations keep their number. */
export function describeOperation(protocol: string, code: number): { readonly name: string; readonly access: Access } {
  if (code < 0) return { name: '(more operations)', access: 'program' };
  return byName.get(protocol)?.describe(code) ?? { name: `Operation ${code}`, access: 'control' };
}
