/**
 * Feeds what tunnels carry instead of the tunnels. In: a batch. Out: the same frames in the same order, those of tunnels
 * without what was wrapped around them; counted by kind (`tunnel.opened.<kind>`), and so are those that stay closed.
 */
import { createDecodedFrame } from '../decode/decoded-frame.ts';
import { createCarriedFrame, openTunnel } from '../decode/tunnel.ts';
import { createFrameBatch, type FrameBatch } from '../source/frame-batch.ts';
import { count, type FlowState } from './flow-state.ts';
import { feed } from './feed.ts';
import type { FlowSink } from './operations.ts';

/** A tunnel in a tunnel (a mirrored overlay) is opened; who nests deeper wants to keep us busy. */
const MAX_DEPTH = 4;

/** No IP packet is longer. */
const LONGEST = 0xffff;

/** @returns a feed with memory of its own, for one recorder */
export function createCarriedFeed(): (state: FlowState, sink: FlowSink, batch: FrameBatch) => void {
  const out = createFrameBatch();
  const frame = createDecodedFrame();
  const carried = createCarriedFrame();
  return (state, sink, batch) => {
    out.bytes = batch.bytes;
    out.view = batch.view;
    out.count = 0;
    for (let i = 0; i < batch.count; i++) {
      let { linkType } = batch;
      let at = batch.offset[i];
      let captured = batch.captured[i];
      // What the snap length cut off was the end of the carried frame.
      const cut = Math.max(0, (batch.wire[i] >>> 0) - captured);
      let wire = captured + cut;
      let isCut = false;
      for (let depth = 0; ; depth++) {
        const outcome = openTunnel(carried, frame, batch.view, linkType, at, captured, wire);
        if (outcome === 'none') break;
        if (outcome === 'closed' || depth === MAX_DEPTH) {
          count(state, 'tunnel.closed');
          break;
        }
        count(state, `tunnel.opened.${carried.kind}`);
        ({ linkType, at, captured } = carried);
        isCut ||= carried.isCut;
        wire = captured + (isCut ? LONGEST : cut);
      }
      // How long a frame was of which the tunnel brought the beginning, its own headers say.
      if (isCut) wire = frame.payload < 0 ? captured : Math.max(captured, frame.payload + frame.payloadWire - at);
      // All frames of a batch have the same link type.
      if (linkType !== out.linkType && out.count > 0) flush();
      out.linkType = linkType;
      const to = out.count++;
      out.offset[to] = at;
      out.captured[to] = captured;
      out.wire[to] = wire;
      out.seconds[to] = batch.seconds[i];
      out.nanos[to] = batch.nanos[i];
    }
    flush();

    function flush(): void {
      feed(state, sink, out, 0, out.count);
      out.count = 0;
    }
  };
}
