/** `propose-zones --explain ASSET`: plain sentences on one placement: for, against, runner-up, and what would move it. */
import { usageError } from '../errors.ts';
import type { Evidence, PlacedAsset, Proposal } from './proposal.ts';

const points = ({ points: value }: Evidence): string => (Math.abs(value) >= 90 ? 'decided' : `${value > 0 ? '+' : ''}${Math.round(value * 10) / 10}`);

function findPlaced(proposal: Proposal, key: string): PlacedAsset | null {
  const wanted = key.toUpperCase();
  return (
    proposal.assets.find((asset) => asset.id.toUpperCase() === wanted) ??
    proposal.assets.find((asset) => asset.addresses.some((address) => address.toUpperCase() === wanted) || asset.macs.some((mac) => mac.toUpperCase() === wanted)) ??
    proposal.assets.find((asset) => asset.names.some((name) => name.toUpperCase() === wanted)) ??
    null
  );
}

export function explainAsset(proposal: Proposal, key: string): string[] {
  const asset = findPlaced(proposal, key);
  if (asset === null) {
    const pseudo = proposal.pseudo.find(({ address }) => address === key);
    if (pseudo !== undefined) return [`${pseudo.address}: ${pseudo.why}.`];
    throw usageError(`no asset is called ${key}`, '`baseline assets` lists ids, names and addresses.');
  }
  const zone = proposal.zones.find(({ id }) => id === asset.zone)!;
  const sentences = [`${asset.id} is taken for ${article(asset.role)}${asset.subRole === null ? '' : ` (${asset.subRole})`} with confidence ${asset.confidence.toFixed(2)}, and placed in ${zone.id} (${zone.name}) because ${clause(asset.placement.reason)}.`];
  for (const evidence of asset.evidence) sentences.push(`For: it ${evidence.sentence} (${points(evidence)}).`);
  for (const evidence of asset.against) sentences.push(`Against: it ${evidence.sentence} (${points(evidence)}).`);
  if (asset.runnerUpRole !== null) sentences.push(`Runner-up role: ${asset.runnerUpRole.role}, ${Math.abs(asset.runnerUpRole.behindBy)} points ${asset.runnerUpRole.behindBy >= 0 ? 'behind' : 'ahead, but a person decided'}.`);
  const { runnerUp, stability, pinned } = asset.placement;
  if (runnerUp !== null && runnerUp.zone !== asset.zone) {
    sentences.push(`Runner-up zone: ${runnerUp.zone}, because ${runnerUp.reason}.`);
    sentences.push(`What would move it there: ${runnerUp.change}.`);
  } else if (!pinned) sentences.push('What would move it: evidence for another role, or a pin.');
  if (stability !== null) sentences.push(`Stability: it kept its company in ${Math.round(stability * 100)} % of the resampled runs.`);
  for (const note of asset.notes) sentences.push(`Note: ${note.sentence}.`);
  for (const candidate of proposal.safetyCandidates) if (candidate.asset === asset.id && candidate.points > 0 && asset.role !== 'safety-controller') sentences.push(`Safety candidate: ${candidate.sentence}.`);
  return sentences;
}

/** Reasons that start with a verb get their subject; the others name it themselves. */
const clause = (reason: string): string => (/^(was|shares|watches|engineers|brokers|relays|aggregates|serves|reached)\b/.test(reason) ? `it ${reason.startsWith('reached') ? 'is ' : ''}${reason}` : `of this: ${reason}`);

const article = (role: string): string => (role === 'other' ? 'some other device' : role === 'infrastructure' || role === 'enterprise' ? `an ${role} host` : role === 'transient' ? 'a visitor' : `${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role}`);
