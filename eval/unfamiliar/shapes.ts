/** All unfamiliar shapes by name, each from a seed. */
import { brownfield, browsedLine, dataDiode, oneDomain, opcuaOnly, profinet, remoteService, sharedStations, singleMachine, thinClients, webScada } from './factories.ts';
import type { SketchedPlant } from './plant-sketcher.ts';
import { building, globalData, redundantPairs, solarPark, substation, telecontrol, unreadProtocol } from './utilities.ts';

export const SHAPES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'single machine': singleMachine,
  'web scada': webScada,
  'one domain': oneDomain,
  brownfield,
  'browsed line': browsedLine,
  profinet,
  'opc ua only': opcuaOnly,
  'thin clients': thinClients,
  'data diode': dataDiode,
  'remote service': remoteService,
  'shared stations': sharedStations,
  'global data': globalData,
  'redundant pairs': redundantPairs,
  building,
  substation,
  'solar park': solarPark,
  telecontrol,
  'unread protocol': unreadProtocol,
};
