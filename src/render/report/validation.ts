/**
 * VALIDATION RESULTS from what was observed passively: permitted operations seen to work, paths without a Permit seen to be
 * silent. What could not be judged from this sensor is "not observed", never "pass". An active test is `verify`'s business.
 */
import type { ObservationSet } from '../../observation.ts';
import type { Crossing, ReportAsset, ReportFinding, ReportPermit, ReportZone, Validation } from './model.ts';

interface Observed {
  readonly zones: readonly ReportZone[];
  readonly assets: readonly ReportAsset[];
  readonly crossings: readonly Crossing[];
  readonly permits: readonly ReportPermit[];
  readonly findings: readonly ReportFinding[];
  readonly set: ObservationSet;
  readonly positionOf: ReadonlyMap<number, number>;
}

export function validate({ zones, assets, crossings, permits, findings, set, positionOf }: Observed): Validation {
  let pass = 0;
  let fail = 0;
  let notObserved = 0;
  for (const permit of permits) {
    if (!permit.isLive) continue;
    const used = permit.conversations.map((id) => set.conversations[positionOf.get(id) ?? -1]).filter((conversation) => conversation !== undefined);
    if (used.length === 0) notObserved++;
    // One-way services (syslog, multicast, what a diode forwards) have no answer by design.
    else if (used.some((conversation) => conversation.transport !== 'tcp' || conversation.packets.toClient > 0)) pass++;
    else fail++;
  }
  const declared = zones.map((zone, i) => ({ zone, i })).filter(({ zone }) => zone.isDeclared);
  const isHeard = (zone: ReportZone): boolean => zone.assets.some((asset) => assets[asset].isSeen);
  const crossingOf = new Map(crossings.map((crossing) => [`${crossing.from} ${crossing.to}`, crossing]));
  let paths = 0;
  let silent = 0;
  let notObservable = 0;
  const exceptions: string[] = [];
  for (const from of declared) {
    for (const to of declared) {
      if (from.i === to.i) continue;
      const crossing = crossingOf.get(`${from.i} ${to.i}`);
      if ((crossing?.permits ?? 0) > 0) continue;
      paths++;
      if (crossing !== undefined && crossing.undeclared > 0) {
        exceptions.push(`${from.zone.id} -> ${to.zone.id}: ${crossing.protocols.join(', ')} (${crossing.undeclared} conversation${crossing.undeclared === 1 ? '' : 's'})`);
      } else if (!isHeard(from.zone) || !isHeard(to.zone)) notObservable++;
      else silent++;
    }
  }
  for (const crossing of crossings) {
    const [from, to] = [zones[crossing.from], zones[crossing.to]];
    if (crossing.from !== crossing.to && crossing.undeclared > 0 && (!from.isDeclared || !to.isDeclared)) {
      exceptions.push(`${from.id} -> ${to.id}: ${crossing.protocols.join(', ')} (${crossing.undeclared} conversation${crossing.undeclared === 1 ? '' : 's'})`);
    }
  }
  return {
    basis: 'passive: from the traffic of this report, before any test; `baseline verify` judges after the cut-over',
    crossZone: { pass, fail, notObserved },
    prohibited: { paths, silent, notObservable, exceptions },
    enforcement: enforcementSentence(permits, findings),
  };
}

function enforcementSentence(permits: readonly ReportPermit[], findings: readonly ReportFinding[]): string {
  const limited = permits.filter((permit) => permit.isLive && permit.operations !== 'any operation').length;
  if (limited === 0) return 'no Permit limits operations: there is nothing to filter';
  const passed = findings.filter((finding) => finding.type === 'undeclared-operation' || finding.type === 'weaker-security-mode').length;
  if (passed > 0) return `function code filtering NOT in force: ${passed} finding${passed === 1 ? '' : 's'} of operations outside the ${limited} Permits that limit them`;
  return `function code filtering not verified: nothing outside the ${limited} Permits that limit operations was asked, so no filter was seen at work`;
}
