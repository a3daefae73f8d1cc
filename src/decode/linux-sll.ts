/**
 * Linux cooked captures, SLL and SLL2 (`tcpdump -i any`; https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).
 * The link header keeps only the sender's address, so what is not IP has no conversation of its own.
 */
import { stopFrame, type DecodedFrame } from './decoded-frame.ts';
import { decodeEtherType } from './ethernet.ts';
import { stopCode } from './stop.ts';

const SLL_HEADER = 16;
const SLL_PROTOCOL = 14;
const SLL2_HEADER = 20;
const SLL2_PROTOCOL = 0;

const SHORT = stopCode('link.short-header');

export function decodeSll(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  if (end - at < SLL_HEADER) {
    stopFrame(f, SHORT, at, SLL_HEADER, end - at);
    return;
  }
  decodeEtherType(f, view, view.getUint16(at + SLL_PROTOCOL), at + SLL_HEADER, end, wireEnd);
}

export function decodeSll2(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  if (end - at < SLL2_HEADER) {
    stopFrame(f, SHORT, at, SLL2_HEADER, end - at);
    return;
  }
  decodeEtherType(f, view, view.getUint16(at + SLL2_PROTOCOL), at + SLL2_HEADER, end, wireEnd);
}
