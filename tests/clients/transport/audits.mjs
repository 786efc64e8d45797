// Every audit of GraphQL over HTTP that the specification's own package has, against a running server.
// After `npm ci`: node audits.mjs http://127.0.0.1:PORT/graphql TOKEN

import assert from 'node:assert/strict';
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
if (!token) {
  console.error('usage: node audits.mjs URL TOKEN');
  process.exit(2);
}

// Some of them ask for the schema, which is not told to strangers.
function fetchAsBearer(address, options) {
  const headers = new Headers(options?.headers);
  headers.set('authorization', `Bearer ${token}`);
  return fetch(address, { ...options, headers });
}

const audits = serverAudits({ url, fetchFn: fetchAsBearer });
assert.equal(audits.length, 61);
const complaints = [];
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status !== 'ok') complaints.push(`${audit.id} ${audit.name}: ${result.status}: ${result.reason}`);
}
if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
console.log(`ok: ${audits.length} audits`);
