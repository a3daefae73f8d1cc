/**
 * Activity over time: packets by zone and hour, and by asset and hour of the week. In: rows of (conversation, hour,
 * packets), one at a time, and who is who. Out: typed arrays. Long observations are folded to days, so that the size of
 * a report does not follow the length of a capture.
 */
import { HOURS_PER_DAY } from '../../net/time.ts';
import { localHours } from '../../net/time-zone.ts';
import type { SensorHour } from '../../store/read-activity.ts';
import type { PlantIndex } from './plant-index.ts';

export const HOURS_PER_WEEK = 168;
/** Three months of hours; beyond, a column is a day. */
const MOST_HOURLY_COLUMNS = 2_200;

export interface PlantActivity {
  /** By the clock of the plant, as `hour` of `sensor`. */
  readonly firstHour: number;
  readonly step: number;
  readonly columns: number;
  /** zone * columns + column. */
  readonly zonePackets: Float64Array;
  /** asset * 168 + hour of the week (Monday 00:00 first). */
  readonly assetWeek: Float64Array;
  readonly sensor: readonly SensorHour[];
}

export interface ActivityTally {
  readonly visit: (conversation: number, hour: number, packets: number) => void;
  readonly result: () => PlantActivity;
}

/** @param stored in the hours of UTC; `visit` is called with those too */
export function tallyActivity(plant: PlantIndex, stored: readonly SensorHour[], timezone: string): ActivityTally {
  const localOf = localHours(timezone);
  const sensor = stored.map((one) => ({ ...one, hour: localOf(one.hour) }));
  const firstHeard = sensor[0]?.hour ?? 0;
  const lastHeard = sensor.at(-1)?.hour ?? -1;
  const step = lastHeard - firstHeard + 1 > MOST_HOURLY_COLUMNS ? HOURS_PER_DAY : 1;
  const firstHour = step === 1 ? firstHeard : Math.floor(firstHeard / HOURS_PER_DAY) * HOURS_PER_DAY;
  const columns = lastHeard < firstHeard ? 0 : Math.floor((lastHeard - firstHour) / step) + 1;
  const zonePackets = new Float64Array(plant.zoneCount * columns);
  const assetWeek = new Float64Array(plant.assets.length * HOURS_PER_WEEK);
  const add = (packets: number, zone: number, column: number): void => {
    if (zone >= 0 && column >= 0 && column < columns) zonePackets[zone * columns + column] += packets;
  };
  return {
    visit: (conversation, utcHour, packets) => {
      const position = plant.positionOf.get(conversation);
      if (position === undefined) return;
      const hour = localOf(utcHour);
      const column = Math.floor((hour - firstHour) / step);
      const client = plant.clientAsset[position];
      const server = plant.serverAsset[position];
      // What crosses no border (ARP, multicast) is activity of the zones all the same.
      const from = plant.clientZone[position] < 0 && client >= 0 ? plant.assets[client].zone : plant.clientZone[position];
      const to = plant.serverZone[position] < 0 && server >= 0 ? plant.assets[server].zone : plant.serverZone[position];
      add(packets, from, column);
      if (to !== from) add(packets, to, column);
      const week = hourOfWeek(hour);
      if (client >= 0) assetWeek[client * HOURS_PER_WEEK + week] += packets;
      if (server >= 0 && server !== client) assetWeek[server * HOURS_PER_WEEK + week] += packets;
    },
    result: () => ({ firstHour, step, columns, zonePackets, assetWeek, sensor }),
  };
}

/** 1970-01-05 was the first Monday. */
const MONDAY = 4 * HOURS_PER_DAY;
const hourOfWeek = (hour: number): number => (((hour - MONDAY) % HOURS_PER_WEEK) + HOURS_PER_WEEK) % HOURS_PER_WEEK;
