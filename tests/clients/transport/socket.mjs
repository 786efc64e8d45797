// GraphQL over a WebSocket as the graphql-ws client speaks it, and each way in which a server ends that.
// After `npm ci`: node socket.mjs ws://127.0.0.1:PORT/graphql/ws TOKEN

import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, token] = process.argv.slice(2);
if (!token) {
  console.error('usage: node socket.mjs URL TOKEN');
  process.exit(2);
}

const bearer = { authorization: `Bearer ${token}` };

// What the client is for: operations of every kind that the schema has.
const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: bearer, retryAttempts: 0 });
const answer = await only(client, { query: '{ viewer { scopes } }' });
assert.deepEqual(answer.data.viewer.scopes, ['READ', 'WRITE', 'ADMIN']);
const made = await only(client, {
  query: 'mutation Make($input: CreateTagInput!) { createTag(input: $input) { tag { label } userErrors { code } } }',
  variables: { input: { label: 'Over a socket', association: 'LEAD' } },
});
assert.equal(made.data.createTag.tag.label, 'Over a socket');
await assert.rejects(only(client, { query: '{ nothing }' }), errors => errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED');
const many = await Promise.all(
  Array.from({ length: 20 }, (_, number) => only(client, { query: `{ a${number}: __typename }` })),
);
assert.equal(many.length, 20);
await client.dispose();

// A client with wrong credentials is told so.
const stranger = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: 'Bearer wrong' },
  retryAttempts: 0,
});
await assert.rejects(only(stranger, { query: '{ __typename }' }), ({ code }) => code === 4403);

// What no good client does.
const INIT = { type: 'connection_init', payload: bearer };
const SUBSCRIBE = { type: 'subscribe', id: '1', payload: { query: '{ leads { totalCount } }' } };
for (const [code, messages] of [
  [4400, ['{']],
  [4400, [INIT, { type: 'start', id: '1' }]],
  [4401, [SUBSCRIBE]],
  [4403, [{ type: 'connection_init', payload: { 'X-API-Key': 'wrong' } }]],
  [4408, []],
  [4409, [INIT, ...Array(50).fill(SUBSCRIBE)]],
  [4429, [INIT, INIT]],
]) {
  assert.equal(await closing(messages), code, JSON.stringify(messages).slice(0, 200));
}
console.log('ok: the client and every code');

/** The one answer of an operation. */
async function only(client, operation) {
  const answers = [];
  for await (const answer of client.iterate(operation)) answers.push(answer);
  assert.equal(answers.length, 1);
  return answers[0];
}

/** The code that the server closes with after these messages. */
function closing(messages) {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  socket.on('open', () => {
    for (const message of messages) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  });
  return new Promise((resolve, reject) => {
    socket.on('close', resolve);
    socket.on('error', reject);
    setTimeout(() => reject(new Error(`still open after ${JSON.stringify(messages)}`)), 20_000).unref();
  });
}
