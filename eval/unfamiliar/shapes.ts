/** All unfamiliar shapes by name, each from a seed, and the sites that were drawn later, by which the rules were tried again. */
import { brownfield, browsedLine, dataDiode, oneDomain, opcuaOnly, profinet, remoteService, sharedStations, singleMachine, thinClients, webScada } from './factories.ts';
import { bodyShop, bottlingNat, broker, fab, foodRockwell, pharmaBatch, warehouse } from './manufacturing.ts';
import { airport, bigSite, dataCentre, fiveDevices, flatIt, railSignalling } from './other-sites.ts';
import type { SketchedPlant } from './plant-sketcher.ts';
import { dcs, mine, sameBrandSafety, tankFarm, wasteWater, windFarm } from './process-sites.ts';
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

export const SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  food: foodRockwell,
  'bottling behind nat': bottlingNat,
  'body shop': bodyShop,
  'pharma batch': pharmaBatch,
  warehouse,
  broker,
  fab,
  'waste water': wasteWater,
  dcs,
  'tank farm': tankFarm,
  mine,
  'wind farm': windFarm,
  'same brand safety': sameBrandSafety,
  'data centre': dataCentre,
  airport,
  'rail signalling': railSignalling,
  'flat network': (seed) => flatIt(seed, ['nms', 'backup', 'patch', 'scanner']),
  'flat network, no scanner': (seed) => flatIt(seed, ['nms', 'backup', 'patch']),
  'flat network, no tools': (seed) => flatIt(seed, []),
  'five devices': fiveDevices,
  'big site': bigSite,
};
