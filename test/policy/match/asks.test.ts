/** What of a conversation is judged by itself, and how safe a session of OPC UA has to be. */
import { describe, expect, it } from 'vitest';
import { FOLDED_FUNCTION, type Conversation } from '../../../src/observation.ts';
import { asksOf, modesHeld, modesPassing, policiesFrom, policiesHeld, securityOf, weakerThan } from '../../../src/policy/match/asks.ts';
import { conversation, modbus, MONDAY, namedOperation } from '../observed.ts';

const textsOf = (one: Conversation): unknown[] => asksOf(one).map(({ text, count }) => [text, count]);

describe('what was asked', () => {
  it('is each range of a function by itself, with its own count', () => {
    const one = modbus('A', 'B', [{ code: 3, unit: 7, ranges: [[0, 9], [40, 40]] }]);
    const [operation] = one.operations;
    const counted = { ...one, operations: [{ ...operation, ranges: [{ ...operation.ranges[0], requests: 5 }, { ...operation.ranges[1], requests: 6 }] }] };
    expect(textsOf(counted)).toEqual([['FC 3 Read Holding Registers, unit 7, 0 to 9', 5], ['FC 3 Read Holding Registers, unit 7, 40', 6]]);
    expect(asksOf(counted)[1].modbus).toEqual({ unit: 7, code: 3, range: { access: 'read', first: 40, last: 40 } });
  });

  it('is the function where it has no range, and which way where it has two', () => {
    expect(textsOf(modbus('A', 'B', [{ code: 43, days: [MONDAY] }]))).toEqual([['FC 43 Encapsulated Interface Transport, unit 1', 100]]);
    const both = { ...namedOperation('modbus', 23, 'Read/Write Multiple Registers', 'write'), ranges: (['read', 'write'] as const).map((access) => ({ access, first: 1, last: 2, requests: 1 })) };
    expect(asksOf(conversation('A', 'B', { operations: [both] })).map(({ text }) => text)).toEqual(['FC 23 Read/Write Multiple Registers, unit 0, 1 to 2 (read)', 'FC 23 Read/Write Multiple Registers, unit 0, 1 to 2 (write)']);
  });

  it('is a service of OPC UA without its ending, an operation of another protocol as it is called', () => {
    expect(textsOf(conversation('A', 'B', { operations: [namedOperation('opcua', 631, 'ReadRequest', 'read', [MONDAY]), namedOperation('x', 1, 'StatusRequest', 'read', [MONDAY])] }))).toEqual([['Read', 10], ['StatusRequest', 10]]);
    expect(asksOf(conversation('A', 'B', { operations: [namedOperation('opcua', 631, 'ReadRequest', 'read'), namedOperation('x', 1, 'StatusRequest', 'read')] })).map(({ opcuaService, name }) => [opcuaService, name])).toEqual([['Read', null], [null, 'StatusRequest']]);
    expect(textsOf(conversation('A', 'B', { operations: [namedOperation('modbus', FOLDED_FUNCTION, 'others', 'program', [MONDAY])] }))).toEqual([['others', 10]]);
  });

  it('is the service, where no operation was read', () => {
    expect(textsOf(conversation('A', 'B', { service: 'https', days: [MONDAY] }))).toEqual([['https', 100]]);
    expect(textsOf(conversation('A', 'B', { service: '', days: [MONDAY] }))).toEqual([['unnamed service', 100]]);
  });

  it('has hours only where they were kept of every day', () => {
    const hours = { hours: 1 << 8 };
    expect(asksOf({ ...conversation('A', 'B'), days: [{ day: 1, ...hours }, { day: 2, ...hours }] })[0].hours).toEqual([{ day: 1, ...hours }, { day: 2, ...hours }]);
    expect(asksOf({ ...conversation('A', 'B'), days: [{ day: 1, ...hours }, { day: 2 }] })[0].hours).toBeNull();
  });
});

const NAMED = ['Basic128Rsa15', 'Basic256', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'];

describe('security', () => {
  it('is what was seen of modes and policies that have a name in the standard', () => {
    const facts = [['opcua.mode', 'Sign'], ['opcua.mode', '9'], ['opcua.policy', 'http://opcfoundation.org/UA/SecurityPolicy#Basic256'], ['opcua.policy', 'ECC_nistP256'], ['opcua.policy', 'constructor'], ['opcua.encrypted', 'MSG']] as const;
    expect(securityOf(conversation('A', 'B', { facts }))).toEqual({ modes: ['Sign', 'SignAndEncrypt'], policies: ['Basic256'], encrypted: true });
  });

  it('is not the None of a client that only asks what there is', () => {
    const facts = (...words: readonly string[]) => words.map((word) => word.split('=') as unknown as readonly [string, string]);
    const seenOf = (words: readonly string[], ...services: readonly string[]): string => {
      const { modes, policies } = securityOf(conversation('A', 'B', { facts: facts(...words), operations: services.map((name, code) => namedOperation('opcua', code, `${name}Request`, 'browse')) }));
      return `${modes.join()} ${policies.join()}`;
    };
    const none = ['opcua.mode=None', 'opcua.policy=x#None'];
    const secured = [...none, 'opcua.policy=x#Basic256Sha256', 'opcua.encrypted=MSG'];
    const signed = [...none, 'opcua.mode=Sign', 'opcua.policy=x#Basic256Sha256'];
    const discovery = ['OpenSecureChannel', 'GetEndpoints', 'FindServers', 'CloseSecureChannel'];
    expect(seenOf(secured, ...discovery)).toBe('SignAndEncrypt Basic256Sha256');
    expect(seenOf(signed, ...discovery, 'CreateSession', 'Read')).toBe('Sign Basic256Sha256');
    expect(seenOf(none, ...discovery)).toBe(' ');
    // A session was seen without security; or something was asked on a channel that may have been; or nothing says what was asked.
    expect(seenOf([...signed, 'opcua.unsecured=session'], ...discovery, 'Read')).toBe('None,Sign Basic256Sha256,None');
    expect(seenOf(secured, ...discovery, 'Read')).toBe('None,SignAndEncrypt Basic256Sha256,None');
    expect(seenOf(secured)).toBe('None,SignAndEncrypt Basic256Sha256,None');
    expect(seenOf(none, 'OpenSecureChannel')).toBe('None None');
  });

  it.each([
    // Declared modes and policies; what they hold of each; which modes pass beside where only the policy is seen, and where nothing is.
    [[], [], [], [], [], []],
    [['None'], [], ['None', 'Sign', 'SignAndEncrypt'], [], ['Sign', 'SignAndEncrypt'], ['Sign', 'SignAndEncrypt']],
    [['Sign'], [], ['Sign', 'SignAndEncrypt'], NAMED, [], ['None', 'SignAndEncrypt']],
    [['SignAndEncrypt'], [], ['SignAndEncrypt'], NAMED, ['Sign'], ['None', 'Sign']],
    [['SignAndEncrypt', 'None'], [], ['None', 'Sign', 'SignAndEncrypt'], [], ['Sign'], ['Sign']],
    [[], ['Basic256Sha256'], [], NAMED.slice(2), [], []],
    [[], ['Aes256_Sha256_RsaPss', 'Basic256'], [], NAMED.slice(1), [], []],
    [[], ['None'], [], ['None', ...NAMED], [], []],
    [['Sign'], ['None'], ['Sign', 'SignAndEncrypt'], NAMED, [], ['None', 'SignAndEncrypt']],
  ])('modes %j and policies %j hold these and what is stronger', (securityModes, securityPolicies, modes, policies, byPolicy, unseen) => {
    const declared = { securityModes, securityPolicies };
    expect([modesHeld(declared), policiesHeld(declared).sort(), modesPassing(declared, true), modesPassing(declared, false)]).toEqual([modes, [...policies].sort(), byPolicy, unseen]);
  });

  it('without a declared policy every one is as good', () => {
    expect(policiesFrom([])).toEqual(['None', 'Basic128Rsa15', 'Basic256', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss']);
  });

  it.each([
    [['None'], ['None'], [], [], []],
    [['None'], ['None'], ['Sign'], [], ['mode None']],
    [[], ['None'], ['Sign'], [], ['policy None']],
    [['Sign'], ['None'], ['Sign'], [], ['policy None']],
    [['Sign'], ['Basic128Rsa15'], ['Sign'], [], []],
    [['Sign', 'SignAndEncrypt'], [], ['SignAndEncrypt'], [], ['mode Sign']],
    [['SignAndEncrypt'], ['Aes256_Sha256_RsaPss'], ['Sign'], ['Basic256Sha256'], []],
    [['None'], ['None', 'Basic256'], ['Sign'], ['Basic256Sha256'], ['mode None', 'policy None', 'policy Basic256']],
    [[], ['Aes128_Sha256_RsaOaep'], [], ['Basic256Sha256'], []],
    // A mode other than None is without the policy None, whatever the rule says of policies.
    [[], ['None'], ['Sign'], ['None'], ['policy None']],
  ])('seen modes %j and policies %j are, for modes %j and policies %j, too weak in %j', (modes, policies, wantedModes, wantedPolicies, weaker) => {
    expect(weakerThan({ modes, policies, encrypted: false }, wantedModes, wantedPolicies)).toEqual(weaker);
  });
});
