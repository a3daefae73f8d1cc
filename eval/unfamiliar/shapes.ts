/** All unfamiliar shapes by name, each from a seed, and the sites that were drawn later, by which the rules were tried again. */
import { amusementPark, chipUtilities, oilField, sugarWorks } from './eighth-held-out.ts';
import { accelerator, batteryStorage, lockChain, paintShop } from './eighth-sites.ts';
import { brownfield, browsedLine, dataDiode, oneDomain, opcuaOnly, profinet, remoteService, sharedStations, singleMachine, thinClients, webScada } from './factories.ts';
import { bodyShop, bottlingNat, broker, fab, foodRockwell, pharmaBatch, warehouse } from './manufacturing.ts';
import { airport, bigSite, dataCentre, fiveDevices, flatIt, railSignalling } from './other-sites.ts';
import type { SketchedPlant } from './plant-sketcher.ts';
import { campus, chemicalDcs, desalination, fineChemicals, packagingHall, paperMill, pipeline, platform } from './fourth-sites.ts';
import { biotech, cementWorks, districtHeating, gridStation, hydroChain, tyrePlant } from './held-out-sites.ts';
import { dcs, mine, sameBrandSafety, tankFarm, wasteWater, windFarm } from './process-sites.ts';
import { bloodPlasma, containerTerminal, drillShip, hydrogenWorks } from './seventh-held-out.ts';
import { axleLine, batchChemicals, cheeseWorks, roadTunnel } from './seventh-sites.ts';
import { computingCentre, oilTerminal, oneDirection, signallingRoom, trunkOnly } from './sixth-held-out.ts';
import { pharmaPackaging, pulpMill, radioWater, smallWorks, windPark } from './sixth-sites.ts';
import { dairy, hospital, refinery, steelMill, tractionPower, waferFab } from './third-sites.ts';
import { baggageHall, batchChain, compressorStation, waterSupply } from './untouched-sites.ts';
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

/** Drawn once more, after the rules that `SITES` gave rise to. */
export const THIRD_SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  refinery,
  'traction power': tractionPower,
  hospital,
  'wafer fab': waferFab,
  'steel mill': steelMill,
  dairy,
};

/** Drawn with those, and looked at only when their rules stood; the rules of `FOURTH_SITES` were also made from what goes wrong in them. */
export const UNTOUCHED_SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'baggage hall': baggageHall,
  'batch chain': batchChain,
  'water supply': waterSupply,
  'compressor station': compressorStation,
};

/** Drawn after the rules that `THIRD_SITES` gave rise to. */
export const FOURTH_SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'chemical dcs': chemicalDcs,
  'packaging hall': packagingHall,
  pipeline,
  'fine chemicals': fineChemicals,
  desalination,
  platform,
  'paper mill': paperMill,
  campus,
};

/** Drawn with those, and measured before and after only. */
export const HELD_OUT_SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'grid station': gridStation,
  'cement works': cementWorks,
  'hydro chain': hydroChain,
  'tyre plant': tyrePlant,
  biotech,
  'district heating': districtHeating,
};

/** Drawn once more, when the rules of a fifth round stood that was drawn outside of the project. */
export const SIXTH_SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'pulp mill': pulpMill,
  'wind park': windPark,
  'pharma packaging': pharmaPackaging,
  'small works': smallWorks,
  'radio water': radioWater,
};

/** Drawn with those, and measured before and after only. */
export const SIXTH_HELD_OUT: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'computing centre': computingCentre,
  'signalling room': signallingRoom,
  'oil terminal': oilTerminal,
  'trunk only': trunkOnly,
  'one direction': oneDirection,
};

/** Drawn once more, when the rules of the sixth round stood. */
export const SEVENTH_SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'cheese works': cheeseWorks,
  'axle line': axleLine,
  'batch chemicals': batchChemicals,
  'road tunnel': roadTunnel,
};

/** Drawn with those, and measured before and after only. */
export const SEVENTH_HELD_OUT: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'hydrogen works': hydrogenWorks,
  'container terminal': containerTerminal,
  'drill ship': drillShip,
  'blood plasma': bloodPlasma,
};

/** Drawn once more, when the rules of the seventh round stood. */
export const EIGHTH_SITES: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  accelerator,
  'paint shop': paintShop,
  'battery storage': batteryStorage,
  'lock chain': lockChain,
};

/** Drawn with those, and measured before and after only. */
export const EIGHTH_HELD_OUT: Readonly<Record<string, (seed: number) => SketchedPlant>> = {
  'amusement park': amusementPark,
  'oil field': oilField,
  'chip utilities': chipUtilities,
  'sugar works': sugarWorks,
};
