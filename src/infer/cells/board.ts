/**
 * The board on which assets are placed, rule after rule: who has a place keeps it. In: profiles and roles. Out: a zone key per asset with the
 * reason and what would move it.
 */
import { clientsOf, type Plant, type Profile, serversOf } from '../profiles.ts';
import type { Role, ZoneKind } from '../proposal.ts';
import type { RoleDecision } from '../roles/roles.ts';

export interface Placed {
  /** A kind; for cells `cell:<number>`; for pinned zones `pin:<id>`. */
  readonly zone: string;
  readonly reason: string;
  readonly runnerUp: { readonly zone: string; readonly reason: string; readonly change: string } | null;
}

export interface Board {
  readonly plant: Plant;
  readonly decisions: readonly RoleDecision[];
  readonly placed: (Placed | undefined)[];
  readonly hasOffice: boolean;
}

export const newBoard = (plant: Plant, decisions: readonly RoleDecision[]): Board =>
  ({ plant, decisions, placed: new Array<Placed | undefined>(plant.profiles.length).fill(undefined), hasOffice: decisions.some(({ role }) => role === 'enterprise') });

export const roleOf = (board: Board, index: number): Role => board.decisions[index]!.role;

export const put = (board: Board, index: number, zone: ZoneKind | string, reason: string, runnerUp: Placed['runnerUp'] = null): void => {
  board.placed[index] ??= { zone, reason, runnerUp };
};

/** Whom it asks and who asks it, without those on the Internet. */
export const peersOf = (board: Board, profile: Profile): number[] => [...new Set([...serversOf(profile.out), ...clientsOf(profile.in)])].filter((peer) => !board.plant.profiles[peer]!.outside);

/** What works for the plant; the others are infrastructure, appliances, or the office. */
export const OT_ROLES: ReadonlySet<Role> = new Set<Role>(['plc', 'io', 'safety-controller', 'hmi', 'engineering-workstation', 'historian', 'opcua-server', 'mes', 'transient']);
