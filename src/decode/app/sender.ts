/**
 * Who sent a message, client or server, as its reader understands it: the message is read once into a sink that keeps
 * only that. For sessions joined midstream on a port that says nothing.
 */
import type { ProtocolSink, StreamProtocol } from './protocol.ts';
import { TO_SERVER } from './protocol.ts';

const ignore = (): void => {};

/** True: the sender of the message at `from` is the server, and was dialled; null where its bytes do not tell, or tell that it dialled. */
export function senderByReading(read: StreamProtocol['read'], newMemory: StreamProtocol['newMemory'], bytes: Uint8Array, from: number, to: number): boolean | null {
  let answer: boolean | null = null;
  const memory = newMemory();
  const sink: ProtocolSink = {
    operation: ignore,
    range: ignore,
    answeredRange: ignore,
    target: ignore,
    fact: ignore,
    serverFact: ignore,
    clientFact: ignore,
    asksAt: ignore,
    malformed: ignore,
    isCut: false,
    beyondCut: ignore,
    memory: () => memory,
    serverIs(sender, hasDialled) {
      if (hasDialled !== true) answer ??= sender;
      return sender;
    },
  };
  read(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), from, to, TO_SERVER, memory, sink);
  return answer;
}
