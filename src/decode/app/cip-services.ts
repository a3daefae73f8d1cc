/**
 * Names and access classes of what is asked over EtherNet/IP: encapsulation commands (ODVA CIP volume 2, table 2-3.2),
 * CIP services common to all classes (volume 1, appendix A), those of a class, and PCCC functions (Rockwell 1770-6.5.16).
 * Codes: a common service is itself; a service of a class is class * 256 + service; commands and PCCC have bases of their own.
 */
import type { Access } from '../../observation.ts';

export const COMMAND_BASE = 0x1000000;
export const PCCC_BASE = 0x2000000;
/** Below it a service means the same in every class; from it on, what its class says. */
export const FIRST_CLASS_SERVICE = 0x32;
/** Tags are addressed by name (no class): Logix services of the Symbol object. */
export const SYMBOL_CLASS = 0x6b;

export const COMMAND = { nop: 0x00, legacy: 0x01, listServices: 0x04, listIdentity: 0x63, listInterfaces: 0x64, registerSession: 0x65, unregisterSession: 0x66, sendRequestData: 0x6f, sendUnitData: 0x70 } as const;

const of = (base: number, code: number, name: string, access: Access): readonly [number, readonly [string, Access]] => [base + code, [name, access]];
const inClass = (cls: number, service: number, name: string, access: Access): readonly [number, readonly [string, Access]] => [cls * 256 + service, [name, access]];

const OPERATIONS = new Map<number, readonly [string, Access]>([
  of(COMMAND_BASE, COMMAND.nop, 'NOP', 'browse'),
  of(COMMAND_BASE, COMMAND.legacy, 'Command 0x01 (legacy)', 'browse'),
  of(COMMAND_BASE, COMMAND.listServices, 'ListServices', 'browse'),
  of(COMMAND_BASE, COMMAND.listIdentity, 'ListIdentity', 'browse'),
  of(COMMAND_BASE, COMMAND.listInterfaces, 'ListInterfaces', 'browse'),
  of(COMMAND_BASE, COMMAND.registerSession, 'RegisterSession', 'browse'),
  of(COMMAND_BASE, COMMAND.unregisterSession, 'UnRegisterSession', 'browse'),
  of(COMMAND_BASE, 0x72, 'IndicateStatus', 'diagnose'),
  of(COMMAND_BASE, 0x73, 'Cancel', 'browse'),
  of(0, 0x01, 'Get_Attributes_All', 'read'),
  of(0, 0x02, 'Set_Attributes_All', 'write'),
  of(0, 0x03, 'Get_Attribute_List', 'read'),
  of(0, 0x04, 'Set_Attribute_List', 'write'),
  of(0, 0x05, 'Reset', 'control'),
  of(0, 0x06, 'Start', 'control'),
  of(0, 0x07, 'Stop', 'control'),
  of(0, 0x08, 'Create', 'program'),
  of(0, 0x09, 'Delete', 'program'),
  of(0, 0x0a, 'Multiple_Service_Packet', 'read'),
  of(0, 0x0d, 'Apply_Attributes', 'write'),
  of(0, 0x0e, 'Get_Attribute_Single', 'read'),
  of(0, 0x10, 'Set_Attribute_Single', 'write'),
  of(0, 0x11, 'Find_Next_Object_Instance', 'browse'),
  of(0, 0x15, 'Restore', 'program'),
  of(0, 0x16, 'Save', 'program'),
  of(0, 0x17, 'No_Operation', 'browse'),
  of(0, 0x18, 'Get_Member', 'read'),
  of(0, 0x19, 'Set_Member', 'write'),
  of(0, 0x1a, 'Insert_Member', 'write'),
  of(0, 0x1b, 'Remove_Member', 'write'),
  of(0, 0x1c, 'GroupSync', 'read'),
  inClass(0x06, 0x4e, 'Forward_Close', 'browse'),
  inClass(0x06, 0x52, 'Unconnected_Send', 'read'),
  inClass(0x06, 0x54, 'Forward_Open', 'browse'),
  inClass(0x06, 0x56, 'Get_Connection_Data', 'browse'),
  inClass(0x06, 0x57, 'Search_Connection_Data', 'browse'),
  inClass(0x06, 0x5a, 'Get_Connection_Owner', 'browse'),
  inClass(0x06, 0x5b, 'Large_Forward_Open', 'browse'),
  inClass(0x37, 0x4b, 'Initiate_Upload', 'program'),
  inClass(0x37, 0x4c, 'Initiate_Download', 'program'),
  inClass(0x37, 0x4d, 'Initiate_Partial_Read', 'program'),
  inClass(0x37, 0x4e, 'Initiate_Partial_Write', 'program'),
  inClass(0x37, 0x4f, 'Upload_Transfer', 'program'),
  inClass(0x37, 0x50, 'Download_Transfer', 'program'),
  inClass(0x37, 0x51, 'Clear_File', 'program'),
  // Safety Supervisor and Safety Validator (volume 5, chapter 5)
  inClass(0x39, 0x4c, 'Recover', 'control'),
  inClass(0x39, 0x4e, 'Perform_Diagnostics', 'diagnose'),
  inClass(0x39, 0x4f, 'Configure_Request', 'program'),
  inClass(0x39, 0x50, 'Validate_Configuration', 'program'),
  inClass(0x39, 0x51, 'Set_Password', 'program'),
  inClass(0x39, 0x52, 'Configuration_Lock', 'program'),
  inClass(0x39, 0x53, 'Mode_Change', 'control'),
  inClass(0x39, 0x54, 'Safety_Reset', 'control'),
  inClass(0x39, 0x55, 'Reset_Password', 'program'),
  inClass(0x39, 0x56, 'Propose_TUNID', 'program'),
  inClass(0x39, 0x57, 'Apply_TUNID', 'program'),
  inClass(0x39, 0x58, 'Propose_TUNID_List', 'program'),
  inClass(0x39, 0x59, 'Apply_TUNID_List', 'program'),
  inClass(0x3a, 0x4b, 'Reset_Error', 'control'),
  inClass(0x67, 0x4b, 'Execute_PCCC', 'write'),
  inClass(SYMBOL_CLASS, 0x4c, 'Read_Tag', 'read'),
  inClass(SYMBOL_CLASS, 0x4d, 'Write_Tag', 'write'),
  inClass(SYMBOL_CLASS, 0x4e, 'Read_Modify_Write_Tag', 'write'),
  inClass(SYMBOL_CLASS, 0x52, 'Read_Tag_Fragmented', 'read'),
  inClass(SYMBOL_CLASS, 0x53, 'Write_Tag_Fragmented', 'write'),
  inClass(SYMBOL_CLASS, 0x55, 'Get_Instance_Attribute_List', 'browse'),
  inClass(0x6c, 0x4c, 'Read_Template', 'browse'),
  // Undocumented: what RSLinx and its OPC servers poll tags with, many times a second.
  inClass(0x72, 0x4c, 'Service 0x4c of class 0x72', 'read'),
  inClass(0xb2, 0x4e, 'Read_Tag_Service', 'read'),
  // PCCC: command 0x06 (diagnostics) and 0x0f with its function
  of(PCCC_BASE, 0x0603, 'PCCC Diagnostic Status', 'diagnose'),
  of(PCCC_BASE, 0x0f00, 'PCCC Word Range Write', 'write'),
  of(PCCC_BASE, 0x0f01, 'PCCC Word Range Read', 'read'),
  of(PCCC_BASE, 0x0f02, 'PCCC Bit Write', 'write'),
  of(PCCC_BASE, 0x0f11, 'PCCC Get Edit Resource', 'program'),
  of(PCCC_BASE, 0x0f12, 'PCCC Return Edit Resource', 'program'),
  of(PCCC_BASE, 0x0f17, 'PCCC Read Bytes Physical', 'program'),
  of(PCCC_BASE, 0x0f18, 'PCCC Write Bytes Physical', 'program'),
  of(PCCC_BASE, 0x0f26, 'PCCC Read-Modify-Write', 'write'),
  of(PCCC_BASE, 0x0f3a, 'PCCC Set CPU Mode', 'control'),
  of(PCCC_BASE, 0x0f41, 'PCCC Disable Forces', 'control'),
  of(PCCC_BASE, 0x0f50, 'PCCC Download All Request', 'program'),
  of(PCCC_BASE, 0x0f52, 'PCCC Download Completed', 'program'),
  of(PCCC_BASE, 0x0f53, 'PCCC Upload All Request', 'program'),
  of(PCCC_BASE, 0x0f55, 'PCCC Upload Completed', 'program'),
  of(PCCC_BASE, 0x0f57, 'PCCC Initialize Memory', 'program'),
  of(PCCC_BASE, 0x0f67, 'PCCC Typed Write', 'write'),
  of(PCCC_BASE, 0x0f68, 'PCCC Typed Read', 'read'),
  of(PCCC_BASE, 0x0f80, 'PCCC Change Mode', 'control'),
  of(PCCC_BASE, 0x0f81, 'PCCC Open File', 'program'),
  of(PCCC_BASE, 0x0f82, 'PCCC Close File', 'program'),
  of(PCCC_BASE, 0x0f88, 'PCCC Execute Multiple Commands', 'program'),
  of(PCCC_BASE, 0x0f8f, 'PCCC Apply Port Configuration', 'program'),
  of(PCCC_BASE, 0x0fa1, 'PCCC Typed Logical Read (2 address fields)', 'read'),
  of(PCCC_BASE, 0x0fa2, 'PCCC Typed Logical Read', 'read'),
  of(PCCC_BASE, 0x0fa7, 'PCCC Protected Typed File Read', 'program'),
  of(PCCC_BASE, 0x0fa9, 'PCCC Typed Logical Write (2 address fields)', 'write'),
  of(PCCC_BASE, 0x0faa, 'PCCC Typed Logical Write', 'write'),
  of(PCCC_BASE, 0x0fab, 'PCCC Masked Typed Write', 'write'),
  of(PCCC_BASE, 0x0faf, 'PCCC Protected Typed File Write', 'program'),
]);

const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

/** Classes that vendors define for themselves (volume 1, table 5-1.1): on controllers, programs, tasks and locks. */
const isVendorClass = (cls: number): boolean => (cls >= 0x64 && cls <= 0xc7) || (cls >= 0x300 && cls <= 0x4ff);

/**
 * A service that no table knows may do anything: it is not called harmless. On a vendor's own classes it is what
 * engineering software does (upload, download, lock), and counts as such.
 */
export function describeCip(code: number): { readonly name: string; readonly access: Access } {
  const known = OPERATIONS.get(code);
  if (known !== undefined) return { name: known[0], access: known[1] };
  if (code >= PCCC_BASE) return { name: `PCCC ${hex((code >> 8) & 0xff)}/${hex(code & 0xff)}`, access: 'write' };
  if (code >= COMMAND_BASE) return { name: `Command ${hex(code & 0xffff)}`, access: 'browse' };
  if (code < 256) return { name: `Service ${hex(code)}`, access: 'write' };
  return { name: `Service ${hex(code & 0xff)} of class ${hex(code >> 8)}`, access: isVendorClass(code >> 8) ? 'program' : 'write' };
}
