/**
 * Activity over time: packets by zone and hour, and by asset and hour of the week. In: rows of (conversation, hour,
 * packets), one at a time, and who is who. Out: typed arrays. Long observations are folded to days, so that the size of
 * a report does not follow the length of a capture.
 */
import { HOUR_MS } from '../../net/time.ts';
import type { SensorHour } from '../../store/read-activity.ts';
import type { PlantIndex } from './plant-index.ts';

const HOURS_PER_DAY = 24;
export const HOURS_PER_WEEK = 168;
/** Three months of hours; beyond, a column is a day. */
const MOST_HOURLY_COLUMNS = 2_200;

export interface PlantActivity {
  readonly firstHour: number;
  readonly step: number;
  readonly columns: number;
  /** zone * columns + column. */
  readonly zonePackets: Float64Array;
  /** asset * 168 + hour of the week (Monday 00:00 first), in the report's time zone. */
  readonly assetWeek: Float64Array;
  readonly sensor: readonly SensorHour[];
}

export interface ActivityTally {
  readonly visit: (conversation: number, hour: number, packets: number) => void;
  readonly result: () => PlantActivity;
}

export function tallyActivity(plant: PlantIndex, sensor: readonly SensorHour[], timezone: string): ActivityTally {
  const firstHeard = sensor.length === 0 ? 0 : sensor[0].hour;
  const lastHeard = sensor.length === 0 ? -1 : sensor[sensor.length - 1].hour;
  const step = lastHeard - firstHeard + 1 > MOST_HOURLY_COLUMNS ? HOURS_PER_DAY : 1;
  const firstHour = step === 1 ? firstHeard : Math.floor(firstHeard / HOURS_PER_DAY) * HOURS_PER_DAY;
  const columns = lastHeard < firstHeard ? 0 : Math.floor((lastHeard - firstHour) / step) + 1;
  const zonePackets = new Float64Array(plant.zoneCount * columns);
  const assetWeek = new Float64Array(plant.assets.length * HOURS_PER_WEEK);
  const weekHourOf = hourOfWeek(timezone);
  const add = (packets: number, zone: number, column: number): void => {
    if (zone >= 0 && column >= 0 && column < columns) zonePackets[zone * columns + column] += packets;
  };
  return {
    visit: (conversation, hour, packets) => {
      const position = plant.positionOf.get(conversation);
      if (position === undefined) return;
      const column = Math.floor((hour - firstHour) / step);
      const client = plant.clientAsset[position];
      const server = plant.serverAsset[position];
      // What crosses no border (ARP, multicast) is activity of the zones all the same.
      const from = plant.clientZone[position] < 0 && client >= 0 ? plant.assets[client].zone : plant.clientZone[position];
      const to = plant.serverZone[position] < 0 && server >= 0 ? plant.assets[server].zone : plant.serverZone[position];
      add(packets, from, column);
      if (to !== from) add(packets, to, column);
      const week = weekHourOf(hour);
      if (client >= 0) assetWeek[client * HOURS_PER_WEEK + week] += packets;
      if (server >= 0 && server !== client) assetWeek[server * HOURS_PER_WEEK + week] += packets;
    },
    result: () => ({ firstHour, step, columns, zonePackets, assetWeek, sensor }),
  };
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Hours since 1970 -> 0 (Monday 00:00 local) to 167. Zones that are off by parts of an hour fall into the hour they begin in. */
function hourOfWeek(timezone: string): (hour: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', hourCycle: 'h23', timeZone: timezone });
  const known = new Map<number, number>();
  return (hour) => {
    const held = known.get(hour);
    if (held !== undefined) return held;
    const parts = format.formatToParts(new Date(hour * HOUR_MS));
    const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
    const week = Math.max(0, WEEKDAYS.indexOf(part('weekday'))) * HOURS_PER_DAY + (Number(part('hour')) % HOURS_PER_DAY);
    known.set(hour, week);
    return week;
  };
}
