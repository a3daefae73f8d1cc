/**
 * The truths beside the captures of conformance (made by tshark, see their README). Out: pairs of capture and truth.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPTURES } from '../places.ts';

interface TruthConversation {
  readonly a: string;
  readonly port_a: number;
  readonly b: string;
  readonly port_b: number;
  readonly transport: string;
  readonly packets_ab: number;
  readonly bytes_ab: number;
  readonly packets_ba: number;
  readonly bytes_ba: number;
  readonly first_ns: string | null;
  readonly last_ns: string | null;
  readonly syn_from: 'a' | 'b' | null;
}

interface Counted {
  readonly n: number;
}

interface ModbusTruth {
  readonly strict: boolean;
  readonly pdus: number;
  readonly tcp_analysis: { readonly retransmission: number; readonly out_of_order: number; readonly lost_segment: number };
  readonly counts: readonly ({ readonly client: string; readonly server: string; readonly unit: number; readonly fc: number; readonly kind: string } & Counted)[];
  readonly exceptions: readonly ({ readonly client: string; readonly server: string; readonly unit: number; readonly fc: number; readonly code: number } & Counted)[];
  readonly ranges: readonly {
    readonly client: string;
    readonly server: string;
    readonly unit: number;
    readonly fc: number;
    readonly access: string;
    readonly distinct: readonly (readonly [number, number, number])[];
  }[];
}

interface OpcUaTruth {
  readonly strict: boolean;
  readonly messages: number;
  readonly tcp_analysis: ModbusTruth['tcp_analysis'];
  readonly counts: readonly ({ readonly client: string; readonly server: string; readonly server_port: number; readonly type: string; readonly direction: string } & Counted)[];
  readonly security_policies: readonly ({ readonly client: string; readonly server: string; readonly server_port: number; readonly uri: string; readonly direction: string } & Counted)[];
  readonly security_modes: readonly ({ readonly client: string; readonly server: string; readonly server_port: number; readonly mode: string } & Counted)[];
  readonly endpoint_urls: readonly ({ readonly client: string; readonly server: string; readonly server_port: number; readonly url: string } & Counted)[];
  readonly services: readonly ({ readonly client: string; readonly server: string; readonly server_port: number; readonly service: string } & Counted)[];
}

export interface Truth {
  readonly packets: number;
  /** On the wire, and as captured. */
  readonly bytes: number;
  readonly captured_bytes: number;
  readonly first_ns: string | null;
  readonly last_ns: string | null;
  readonly packets_without_timestamp?: number;
  readonly time_goes_back?: number;
  readonly truncated_packets?: number;
  readonly caveats: readonly string[];
  readonly reader: { readonly exit: number };
  readonly ip: { readonly frames: number };
  readonly conversations: readonly TruthConversation[];
  readonly ip_pairs: readonly { readonly a: string; readonly b: string; readonly transport: string; readonly packets_ab: number; readonly bytes_ab: number; readonly packets_ba: number; readonly bytes_ba: number }[];
  readonly modbus?: ModbusTruth;
  readonly opcua?: OpcUaTruth;
}

export interface TruthCase {
  readonly name: string;
  readonly capture: string;
  readonly truth: Truth;
}

const TRUTHS = join(CAPTURES, 'truth');
export const hasTruths = (): boolean => existsSync(TRUTHS);

/** Every capture that has a truth, by name; empty (and said aloud) where the folder is absent. */
export function listTruths(): TruthCase[] {
  if (!hasTruths()) {
    console.warn(`SKIPPED, LOUDLY: no captures with truths at ${CAPTURES}; set BASELINE_CAPTURES to run the conformance suite`);
    return [];
  }
  const cases: TruthCase[] = [];
  for (const path of readdirSync(TRUTHS, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!path.endsWith('.json')) continue;
    const name = path.replace(/\.json$/, '');
    const capture = join(CAPTURES, name);
    if (existsSync(capture)) cases.push({ name, capture, truth: JSON.parse(readFileSync(join(TRUTHS, path), 'utf8')) as Truth });
  }
  return cases;
}
