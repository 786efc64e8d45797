// Runs every operation of src/client against a server with an empty workspace, in the order of a day's work.
// After `npm ci`: node operations.mjs http://127.0.0.1:PORT/graphql TOKEN PROJECT

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { concatAST, parse, print, separateOperations } from 'graphql';

const [url, token, project] = process.argv.slice(2);
if (!project) {
  console.error('usage: node operations.mjs URL TOKEN PROJECT');
  process.exit(2);
}

const files = (await readdir('src/client')).filter(name => name.endsWith('.graphql'));
const documents = await Promise.all(files.map(async name => parse(await readFile(`src/client/${name}`, 'utf8'))));
// Each with the fragments that it uses.
const operations = separateOperations(concatAST(documents));
// Subscriptions are for another transport.
const isSubscription = name => operations[name].definitions.some(({ operation }) => operation === 'subscription');
const untried = new Set(Object.keys(operations).filter(name => !isSubscription(name)));

const { createTag } = await ask('CreateTag', { input: { label: 'Hot', association: 'LEAD' } });
const { tag } = createTag;
const edit = { tagId: tag.id, expectedVersion: tag.version };
const { updateTag } = await ask('UpdateTag', { input: { ...edit, label: 'Very hot' } });
assert.equal(updateTag.tag.label, 'Very hot');
const late = await ask('UpdateTag', { input: { ...edit, label: 'Cold' } }, ['CONFLICT']);
assert.deepEqual(late.updateTag.conflict, { current: updateTag.tag, fields: ['label'] });

const userData = { email: 'ada@example.com', firstName: 'Ada', companyName: 'Engines', extra: { plan: 'gold' } };
const { createServerSideLead } = await ask('CaptureLead', { input: { projectId: project, userData } });
assert.equal(createServerSideLead.outcome, 'CREATED');
const registration = { associationType: 'CAMPAIGNS', companyCampaignId: tag.id, email: 'ada@example.com' };
await ask('RegisterLead', { input: registration }, ['NOT_FOUND']);

const { id } = createServerSideLead.lead;
const orderBy = [{ by: { field: 'NAME' } }, { by: { field: 'CREATED_AT' }, direction: 'DESC' }];
const filter = { search: 'ada engines', not: { or: [{ status: { eq: 'LOST' } }, { tags: { any: [tag.id] } }] } };
const { leads } = await ask('Leads', { filter, orderBy, first: 10 });
assert.deepEqual(leads.nodes.map(lead => lead.id), [id]);
assert.deepEqual((await ask('Leads', { first: 10 })).leads.nodes, leads.nodes);
const { lead } = await ask('LeadDetail', { by: { id } });
assert.equal(lead.companyName, 'Engines');
const { nodes } = await ask('LeadsById', { ids: [id, tag.id] });
assert.deepEqual(nodes, [leads.nodes[0], { id: tag.id }]);
const { tags } = await ask('TagBoard', { leads: 3 });
assert.equal(tags.nodes[0].leads.totalCount, 0);
const { viewer } = await ask('LeadForm');
assert.equal(viewer.workspace.name, 'Acme');

const version = { leadId: id, expectedVersion: lead.version };
const { updateLead } = await ask('UpdateLead', { input: { ...version, companyName: 'Mills', lastName: null } });
assert.equal(updateLead.lead.companyName, 'Mills');
const { tagLead } = await ask('TagLead', { input: { ...version, tagIds: [tag.id] } }, ['CONFLICT']);
assert.deepEqual(tagLead.conflict, { current: updateLead.lead, fields: ['tags'] });
version.expectedVersion = updateLead.lead.version;
await ask('LoseLead', { input: { ...version, status: 'LOST' } }, ['MISSING']);
const { setLeadStatus } = await ask('LoseLead', { input: { ...version, status: 'LOST', lostReason: 'Price' } });
version.expectedVersion = setLeadStatus.lead.version;
const { archiveLead } = await ask('ArchiveLead', { input: version });
version.expectedVersion = archiveLead.lead.version;
const { restoreLead } = await ask('RestoreLead', { input: version });
assert.equal(restoreLead.lead.archivedAt, null);
const { addLeadNote } = await ask('AddNote', { input: { leadId: id, text: 'Call in May' } });
const notes = await ask('Notes', { lead: id });
assert.deepEqual(notes.lead.notes.nodes, [addLeadNote.note]);
const { leadStats } = await ask('Dashboard', { timeZone: 'Europe/Amsterdam' });
assert.deepEqual(leadStats.total, { count: 1, converted: 0, conversionRate: 0 });
assert.deepEqual(leadStats.groups.map(({ status, tag, count }) => ({ status, tag, count })), [
  { status: 'LOST', tag: null, count: 1 },
]);

const { events } = await ask('Changes');
assert.equal(events.events[0].event.type, 'LEAD_CREATED');
const story = await ask('LeadStory', { id });
assert.equal(story.lead.history.nodes[0].type, 'NOTE_CREATED');
const inbox = await ask('Inbox');
assert.deepEqual(inbox.viewer, { unreadNotificationCount: 0, notifications: { nodes: [] } });
await ask('MarkRead', { input: {} });

const newField = { label: 'Plan', type: 'SELECT', category: 'LEAD', options: ['Silver'] };
const { customField } = (await ask('CreateCustomField', { input: newField })).createCustomField;
const gold = { customFieldId: customField.id, expectedVersion: customField.version, addOptions: ['Gold'] };
const { updateCustomField } = await ask('UpdateCustomField', { input: gold });
assert.deepEqual(updateCustomField.customField.options.map(({ label }) => label), ['Silver', 'Gold']);
await ask('InviteUser', { input: { email: 'bob@example.com', role: 'MEMBER' } });
const { users, apiKeys } = await ask('Settings');
assert.deepEqual(users.nodes.map(({ role }) => role), ['MEMBER', 'OWNER']);
const rotation = { apiKeyId: apiKeys.nodes[0].id, expectedVersion: apiKeys.nodes[0].version };
const { rotateApiKey } = await ask('RotateApiKey', { input: rotation });
assert.ok(rotateApiKey.key.startsWith(rotateApiKey.apiKey.keyPrefix));

assert.deepEqual([...untried], [], 'operations that were not tried');
console.log(`ok: ${Object.keys(operations).length} operations`);

/** What an operation answers; a mutation with exactly these user errors. */
async function ask(operationName, variables = {}, expected = []) {
  untried.delete(operationName);
  const document = operations[operationName];
  const declared = document.definitions.flatMap(({ variableDefinitions = [] }) => variableDefinitions);
  // Relay sends null for a variable that is not set.
  const unset = Object.fromEntries(declared.map(({ variable }) => [variable.name.value, null]));
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: print(document), variables: { ...unset, ...variables }, operationName }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, `${operationName}: ${JSON.stringify(errors)}`);
  const codes = Object.values(data).flatMap(payload => payload?.userErrors ?? []).map(({ code }) => code);
  assert.deepEqual(codes, expected, `${operationName}: ${JSON.stringify(data)}`);
  return data;
}
