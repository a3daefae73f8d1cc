/**
 * Discovery of Beckhoff ADS (UDP 48899), by which engineering stations find controllers and add themselves to those that may use ADS. No
 * public document; as clients write it (pyads) and controllers answer. In: one datagram. Out: services as operations, errors, the
 * controller's name. Left out on purpose: routes, users and passwords, which stand in it in clear.
 */
import type { Access } from '../../observation.ts';
import { asciiText, framedProtocol } from './framing.ts';
import { MESSAGE } from './protocol.ts';

/** Mark, invoke id, service; AMS address of the sender, how many items follow (all little endian). */
const HEADER = 24;
const AT = Object.freeze({ service: 8, items: 20 } as const);
const MARK = [0x03, 0x66, 0x14, 0x71];
const IS_RESPONSE = 0x8000_0000;
/** An item: tag, length, value. */
const ITEM = 4;
const TAG = Object.freeze({ error: 1, host: 5 } as const);
const MOST_ITEMS = 16;

const SERVICES = new Map<number, readonly [string, Access]>([
  [1, ['Read System Information', 'browse']],
  [6, ['Add Route', 'program']],
]);

export const ADS_DISCOVERY = framedProtocol({
  name: 'ads-discovery',
  ports: [48899],
  firstOctets: MARK.slice(0, 1),
  header: HEADER,
  maxCarry: 0xffff,
  // A datagram is one message.
  size: (bytes, _view, at, to) => (MARK.every((octet, i) => bytes[at + i] === octet) ? to - at : -1),
  message(bytes, view, at, end, _direction, _memory, sink) {
    const word = view.getUint32(at + AT.service, true);
    const isResponse = word >= IS_RESPONSE;
    const service = isResponse ? word - IS_RESPONSE : word;
    let error = 0;
    let item = at + HEADER;
    const items = isResponse ? Math.min(view.getUint32(at + AT.items, true), MOST_ITEMS) : 0;
    for (let i = 0; i < items; i++) {
      if (item + ITEM > end) {
        if (sink.isCut) return sink.beyondCut();
        break;
      }
      const tag = view.getUint16(item, true);
      const value = item + ITEM;
      const next = value + view.getUint16(item + 2, true);
      if (next > end && sink.isCut) return sink.beyondCut();
      if (next > end) break;
      if (tag === TAG.error && next >= value + 4) error = view.getUint32(value, true);
      if (tag === TAG.host) sink.serverFact('ads.name', asciiText(bytes, value, next));
      item = next;
    }
    sink.serverIs(isResponse);
    sink.operation(-1, service, !isResponse ? MESSAGE.request : error === 0 ? MESSAGE.response : MESSAGE.error, error);
  },
  describe(code) {
    const known = SERVICES.get(code);
    return known === undefined ? { name: `Service ${code}`, access: 'program' } : { name: known[0], access: known[1] };
  },
});
