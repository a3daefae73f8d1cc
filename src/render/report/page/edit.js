// Edits of the spec in the live view: dialogs for what a person decides, and what is sent. The program writes, not the page.
import { definitions, el } from './dom.js';
import { renamedZones } from './identity.js';
import { ask, holdWhile, pollStore, tellNews } from './live.js';
import { actions } from './panel.js';
import { assetAt, data } from './plant.js';

const dialog = el('dialog', { id: 'edit-dialog', class: 'no-print', 'aria-labelledby': 'edit-title' });
document.body.append(dialog);
let dragging = false;
export const setDragging = (state) => {
  dragging = state;
};
holdWhile(() => dialog.open || dragging);

/** One after the other: each is made to what the one before left. */
let queue = Promise.resolve();
const send = (path, body) => {
  queue = queue.then(async () => {
    tellNews('Writing ...');
    const answer = await ask(path, { base: data.live.spec, ...body });
    if (answer.problem !== undefined) {
      tellNews(`${answer.problem}. ${answer.remedy ?? ''}`, true);
      if (answer.isStale) await offerReload(answer);
      return;
    }
    data.live.spec = answer.spec;
    tellNews(`${answer.done}.`, false, true);
    await pollStore();
  });
  return queue;
};

export const makeEdit = (edit) => send('edit', { edit });

/** Resolves with the fields' values, or null when the person thinks better of it. */
function askPerson(title, text, fields, submitWord) {
  return new Promise((resolve) => {
    const inputs = fields.map(({ name, label, type = 'text', value = '', choices, isNeeded = true, hint }) => {
      const input = choices === undefined
        ? el('input', { id: `edit-${name}`, name, type, value, required: isNeeded, maxlength: 300, autocomplete: 'off', 'aria-describedby': hint === undefined ? null : `edit-${name}-hint` })
        : el('select', { id: `edit-${name}`, name }, choices.map(([choice, words]) => el('option', { value: choice }, words)));
      return { name, input, row: el('p', {}, el('label', { for: `edit-${name}` }, label), input, hint === undefined ? null : el('span', { class: 'sub', id: `edit-${name}-hint` }, hint)) };
    });
    const cancel = el('button', { type: 'button' }, 'Cancel');
    const form = el('form', {}, el('h2', { id: 'edit-title' }, title), text === '' ? null : el('p', { class: 'sub' }, text), inputs.map(({ row }) => row), el('p', { class: 'edit-buttons' }, cancel, el('button', { type: 'submit', class: 'main' }, submitWord)));
    dialog.replaceChildren(form);
    const opener = document.activeElement;
    let values = null;
    cancel.addEventListener('click', () => dialog.close());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      values = Object.fromEntries(inputs.map(({ name, input }) => [name, input.value.trim()]));
      dialog.close();
    });
    dialog.addEventListener('close', () => {
      if (opener instanceof Element && opener.isConnected) opener.focus({ preventScroll: true });
      resolve(values);
    }, { once: true });
    dialog.showModal();
    inputs[0]?.input.focus();
  });
}

async function offerReload({ problem, remedy }) {
  if ((await askPerson('The spec has changed', `${problem}. ${remedy}`, [], 'Load the page again')) !== null) location.reload();
}

const OWNER = 'baseline-owner';
const ownerField = (label) => ({ name: 'owner', label, value: sessionStorage.getItem(OWNER) ?? '', hint: 'your name; it is written into the rule' });
/** Today where this page is read (Swedish dates are YYYY-MM-DD): who decides may say another day. */
const dayField = () => ({ name: 'decidedOn', label: 'On', type: 'date', value: new Date().toLocaleDateString('sv-SE') });
const reasonField = (isNeeded) => ({ name: 'reason', label: 'Reason', isNeeded, hint: 'written into the rule, for whoever reads it in a year' });

async function decide(title, text, submitWord, isReasonNeeded, edit) {
  const values = await askPerson(title, text, [ownerField('Who decides'), dayField(), reasonField(isReasonNeeded)], submitWord);
  if (values === null) return;
  sessionStorage.setItem(OWNER, values.owner);
  await makeEdit({ ...edit, ...values });
}

const declaredZones = () => data.zones.flatMap(({ id, name, declared }, i) => (declared ? [{ id, name, i }] : []));

export async function moveByChoice(index) {
  const asset = assetAt(index);
  const zones = declaredZones().filter(({ i }) => i !== asset.zone);
  const values = await askPerson(`Move ${asset.id}`, asset.declared ? `It stands in ${data.zones[asset.zone].id}. Rules that name it go with it; within one zone they are not needed any more.` : 'It was seen, and is not declared: it gets an entry with its addresses.', [{ name: 'zone', label: 'To the zone', choices: zones.map(({ id, name }) => [id, `${id}: ${name}`]) }], 'Move');
  if (values !== null) await makeEdit({ kind: 'move-asset', asset: asset.id, zone: values.zone });
}

async function renameZone(index) {
  const { id, name } = data.zones[index];
  const values = await askPerson(`Rename ${id}`, 'The id is what rules refer to; they are changed with it.', [{ name: 'name', label: 'Name', value: name }, { name: 'id', label: 'Id', value: id, hint: 'letters, digits, dot, dash, underscore' }], 'Rename');
  if (values === null) return;
  renamedZones.set(id, values.id);
  await makeEdit({ kind: 'rename-zone', zone: id, ...values });
}

const tool = (text, run, attributes = {}) => {
  const made = el('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', run);
  return made;
};
const tools = (...buttons) => el('p', { class: 'edit-tools', role: 'group', 'aria-label': 'Edit the spec' }, buttons);

/** Findings that become a rule, change one or go with it, or put an asset into its place. */
const DECISIONS = {
  'undeclared-conversation': ['Accept: a rule for exactly this', 'Reject'],
  'undeclared-operation': ['Accept: a rule for exactly this', 'Reject'],
  'wrong-direction': ['Accept: a rule for exactly this', 'Reject'],
  'unused-permit': ['Remove the rule'],
  'ended-permit': ['Make the rule on demand'],
  'wider-than-observed': ['Narrow the rule to its use'],
  'weaker-security-mode': ['Admit: for these two only', 'Reject: only what is weaker'],
  'would-be-blocked': ['Accept: a rule for exactly this'],
  'passed-but-not-permitted': ['Accept: a rule for exactly this'],
  'asset-in-wrong-zone': ['Accept: where it was seen'],
  'requirement-violation': ['Accept the risk', 'Reject the rule'],
};

if (data.live.spec !== null) {
  actions.asset = (value) => {
    const index = Number(value);
    const asset = assetAt(index);
    const isPinned = data.live.pinned.includes(index);
    return [
      tools(tool('Move to zone ...', () => moveByChoice(index), { 'aria-keyshortcuts': 'M' }), asset.declared ? tool(isPinned ? 'Unpin' : 'Pin', () => makeEdit({ kind: 'pin-asset', asset: asset.id, pinned: !isPinned })) : null),
      definitions([['Pinned', isPinned ? 'yes: a person decided where it stands' : '']]),
    ];
  };
  actions.zone = (value) => (data.zones[value].declared ? [tools(tool('Rename ...', () => renameZone(Number(value))))] : []);
  actions.permit = (value) => {
    const { id, decision, service, operations } = data.permits[value];
    const offer = (word, verdict) => tool(`${word} ...`, () => decide(`${word} ${id}`, `${service}: ${operations}`, word, verdict === 'rejected', { kind: 'decide-permit', permit: id, decision: verdict }));
    return [tools(decision === 'approved' ? null : offer('Approve', 'approved'), decision === 'rejected' ? null : offer('Reject', 'rejected'))];
  };
  actions.finding = (value) => {
    const { id, type, title, permit, client } = data.findings[value];
    if (type === 'undeclared-asset' && client !== null) return [tools(tool('Declare it in a zone ...', () => moveByChoice(client)))];
    const [accept, reject] = DECISIONS[type] ?? [];
    // A risk is accepted where a rule declares it; traffic by itself has nothing to write it to.
    if (accept === undefined || (type === 'requirement-violation' && permit === null)) return [el('p', { class: 'sub' }, 'Nothing in the spec can settle this: see what to do.')];
    const offer = (word, verdict) => tool(`${word} ...`, () => decide(word, title, word.split(/[ :]/)[0], verdict === 'rejected', { kind: 'decide-finding', finding: id, decision: verdict }));
    return [tools(type === 'requirement-violation' && client !== null ? null : offer(accept, 'approved'), reject === undefined ? null : offer(reject, 'rejected'))];
  };
  document.getElementById('live-undo').addEventListener('click', () => send('undo', {}));
}
