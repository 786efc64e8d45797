// GraphQL over server-sent events as the graphql-sse client speaks it.
// After `npm ci`: node stream.mjs http://127.0.0.1:PORT/graphql TOKEN

import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';

const [url, token] = process.argv.slice(2);
if (!token) {
  console.error('usage: node stream.mjs URL TOKEN');
  process.exit(2);
}

const client = createClient({ url, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0 });
assert.deepEqual((await only({ query: '{ viewer { scopes } }' })).data.viewer.scopes, ['READ', 'WRITE', 'ADMIN']);
const made = await only({
  query: 'mutation Make($input: CreateTagInput!) { createTag(input: $input) { tag { label } userErrors { code } } }',
  variables: { input: { label: 'In a stream', association: 'LEAD' } },
});
assert.equal(made.data.createTag.tag.label, 'In a stream');
const refused = await only({ query: '{ nothing }' });
assert.equal(refused.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
assert.ok(!('data' in refused));
client.dispose();

const stranger = createClient({ url, headers: { authorization: 'Bearer wrong' }, retryAttempts: 0 });
await assert.rejects(
  async () => {
    for await (const _ of stranger.iterate({ query: '{ __typename }' }));
  },
  error => error.response?.status === 401,
);
console.log('ok: the client');

/** The one answer of an operation. */
async function only(operation) {
  const answers = [];
  for await (const answer of client.iterate(operation)) answers.push(answer);
  assert.equal(answers.length, 1);
  return answers[0];
}
