/**
 * What the loss report says of a range of negotiated ports (FTP data connections, MS-RPC endpoints): a filter opens all of
 * it; what follows the control connection instead opens only what was agreed upon. In: loss rows and the target's own words
 * for that (Exporter.follows). Out: the rows, with one reason more. Left out on purpose: writing it, because a control
 * connection that is encrypted cannot be followed, and then nothing would pass.
 */
import { protocolKey } from '../policy/spec/permits.ts';
import type { Exporter, LossRow, Negotiator, PlanPermit } from './exporter.ts';
import { portTexts } from './loss.ts';

const NEGOTIATORS: ReadonlyMap<string, Negotiator> = new Map([['ftp', 'ftp'], ['ftpdata', 'ftp'], ['rpc', 'rpc'], ['msrpc', 'rpc'], ['dcerpc', 'rpc'], ['dcom', 'rpc'], ['opcda', 'rpc'], ['opcclassic', 'rpc']]);

/** What agrees upon the ports of a Permit; empty unless it names a range of them. */
const negotiatorsOf = ({ permit: { service } }: PlanPermit): Negotiator[] =>
  service.transport === 'tcp' && service.ports.some(({ first, last }) => last > first) ? [...new Set(service.protocol.split(',').flatMap((name) => NEGOTIATORS.get(protocolKey(name)) ?? []))] : [];

const CONTROL: Readonly<Record<Negotiator, string>> = { ftp: 'FTP (tcp/21)', rpc: 'MS-RPC (tcp/135)' };

export function explainRanges(exporter: Exporter, permits: readonly PlanPermit[], rows: readonly LossRow[]): LossRow[] {
  const byId = new Map(permits.map((entry) => [entry.permit.id, entry]));
  return rows.map((row) => {
    const entry = byId.get(row.permit);
    if (entry === undefined || !exporter.filters || row.verdict === 'not-enforceable') return row;
    const reasons = negotiatorsOf(entry).map((negotiator) => {
      const way = exporter.follows?.[negotiator];
      const open = `every port of ${portTexts(entry.permit).join(', ')} is open: ${CONTROL[negotiator]} agrees upon a new one each time`;
      return way === undefined ? `${open}, and this target is not known to follow it` : `${open}. Where that is not encrypted, ${way} opens only the one, in place of this rule`;
    });
    return reasons.length === 0 ? row : { ...row, reasons: [...row.reasons, ...reasons] };
  });
}
