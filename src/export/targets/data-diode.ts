/**
 * Data diode: a unidirectional conduit as a sheet that any vendor's installer can work from, and the checks
 * that captures of both sides allow. In: a device plan. Out: `diode-interfaces.csv` and `diode-work-order.md`.
 * A diode is no rule list: its gateways end the protocol on both sides, so the sheet names two local legs and one way
 * across. It also lists what contradicts the one way in the same conduit.
 */
import { formatSpan, type AddressSet } from '../../net/address-set.ts';
import { csvLine } from '../csv-text.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, LossRow, PlanPermit } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { assess, notEnforceable, portTexts } from '../loss.ts';
import { provenanceLines } from '../permit-text.ts';
import { safeComment } from '../vendor-name.ts';

const CAPABILITIES: Capabilities = { ...NO_CAPABILITIES, ipv6: true, multicast: true, unidirectional: true };

const COLUMNS = ['permit', 'leg', 'from', 'from addresses', 'to', 'to addresses', 'protocol', 'transport', 'port', 'what has to hold'];

const addressesText = (addresses: AddressSet): string => (addresses.length === 0 ? 'to be set' : addresses.map(formatSpan).join(' '));

const legRows = (entry: PlanPermit): string[] => {
  const { permit, unidirectional } = entry;
  if (unidirectional === null) return [];
  const service = [permit.service.protocol, permit.service.transport, portTexts(permit).join(' ')];
  const via = unidirectional.via === '' ? 'data diode' : unidirectional.via;
  return [
    csvLine([permit.id, 'source side', permit.from.zone, addressesText(entry.client), `${via} TX`, addressesText(unidirectional.tx), ...service, 'ends at the sending gateway; the firewall of the source zone permits this leg only']),
    csvLine([permit.id, 'across', `${via} TX`, addressesText(unidirectional.tx), `${via} RX`, addressesText(unidirectional.rx), 'vendor', 'one way', '', 'no route, no ARP, no acknowledgement from RX to TX']),
    csvLine([permit.id, 'destination side', `${via} RX`, addressesText(unidirectional.rx), permit.to.zone, addressesText(entry.server), ...service, `begins at the receiving gateway, which plays ${unidirectional.replicaOf === '' ? 'the replicated server' : unidirectional.replicaOf}`]),
  ];
};

/** Permits of the same conduit that run against the one way. */
const contradictions = (plan: DevicePlan, entry: PlanPermit): PlanPermit[] =>
  plan.permits.filter(
    (other) => other !== entry && other.permit.conduit === entry.permit.conduit && other.permit.from.zone === entry.permit.to.zone && other.permit.to.zone === entry.permit.from.zone,
  );

const workOrder = (plan: DevicePlan, oneWay: readonly PlanPermit[]): string => {
  const lines = ['# Data diode: work order', '', ...provenanceLines(plan.provenance, '- '), ''];
  for (const entry of oneWay) {
    const { permit } = entry;
    const against = contradictions(plan, entry);
    const replicaOf = entry.unidirectional?.replicaOf ?? '';
    lines.push(
      `## ${safeComment(permit.id, 60)}: ${safeComment(permit.from.zone, 60)} to ${safeComment(permit.to.zone, 60)}, ${safeComment(permit.service.protocol, 60)}`,
      '',
      `- sends: ${addressesText(entry.client)} to TX ${addressesText(entry.unidirectional?.tx ?? [])}`,
      `- receives: RX ${addressesText(entry.unidirectional?.rx ?? [])} to ${addressesText(entry.server)}`,
      `- replication${replicaOf === '' ? '' : ` of ${safeComment(replicaOf, 60)}`}: state the points or tables, the largest delay that is acceptable, and how a gap is filled after an outage (to be set)`,
      '',
      'Checks that need no probe, on a capture of each side:',
      '',
      `1. On the ${safeComment(permit.from.zone, 60)} side: no frame whose source lives in ${safeComment(permit.to.zone, 60)}, of any kind (ARP, SYN/ACK, RST, ICMP included).`,
      `2. On the ${safeComment(permit.to.zone, 60)} side: no frame towards ${safeComment(permit.from.zone, 60)}.`,
      '3. Samples arrive: sequence or time of the replicated values gives loss and delay. A lost ping proves nothing.',
      '',
    );
    if (against.length > 0)
      lines.push(
        `Contradiction: ${against.map((other) => safeComment(`${other.permit.id} (${other.permit.service.protocol})`, 100)).join(', ')} run${against.length === 1 ? 's' : ''} the other way in the same conduit, beside the diode. As long as that path exists the conduit is not unidirectional.`,
        '',
      );
  }
  if (oneWay.length === 0) lines.push('No Permit of this spec is declared unidirectional.', '');
  return lines.join('\n');
};

const lossOf = (plan: DevicePlan, entry: PlanPermit): LossRow => {
  if (entry.unidirectional === null) return notEnforceable(entry.permit, plan.device.id, 'it is not declared unidirectional: a diode cannot carry it');
  const row = assess(entry, { device: plan.device.id, capabilities: CAPABILITIES });
  const against = contradictions(plan, entry);
  if (row.verdict === 'not-enforceable' || against.length === 0) return row;
  return { ...row, reasons: [...row.reasons, `${against.map((other) => other.permit.id).join(', ')} runs the other way in the same conduit, beside the diode`] };
};

const build = (plan: DevicePlan): DeviceExport => {
  const oneWay = plan.permits.filter((entry) => entry.unidirectional !== null);
  return {
    files: [
      { path: 'diode-interfaces.csv', content: `${[csvLine(COLUMNS), ...oneWay.flatMap(legRows)].join('\n')}\n` },
      { path: 'diode-work-order.md', content: workOrder(plan, oneWay) },
    ],
    losses: plan.permits.map((entry) => lossOf(plan, entry)),
    rollback: ['Reconnect the replication path that was in use before, and remove the route through the diode gateways.'],
    apply: ['Give both files to the installer of the diode; fill in what says "to be set".', 'Record both sides for a day (`baseline capture`, or import the two files into a store each) and hold them against the checks of the work order.'],
    notes: ['PI-to-PI and every other TCP protocol ends at the gateways; only their own one-way stream crosses.'],
  };
};

export const dataDiode: Exporter = {
  name: 'data-diode',
  title: 'data diode: interface sheet and work order for unidirectional conduits',
  platforms: ['data-diode'],
  filters: true,
  modes: ['enforce'],
  capabilities: CAPABILITIES,
  build,
};
