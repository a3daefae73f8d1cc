// npm's pcap-parser, counting only. Out: packets octets.
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';

const { parse } = createRequire(import.meta.url)('pcap-parser');
let packets = 0;
let octets = 0;
const parser = parse(createReadStream(process.argv[2], { highWaterMark: 1 << 20 }));
parser.on('packet', (packet) => {
  packets++;
  octets += packet.header.originalLength;
});
parser.on('end', () => console.log(packets, octets));
