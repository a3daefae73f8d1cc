/** A Modbus device and an OPC UA server on one address, for a namespace of its own: prints a line when both listen. */
import { modbusDevice, opcUaServer } from '../commands/field-servers.ts';

const host = process.argv[2] ?? '127.0.0.1';
await Promise.all([modbusDevice(host, 'answers', 502), opcUaServer(host, 4840)]);
process.stdout.write('listening\n');
