// Compares the schema that a running server tells of itself with the published one, as graphql-js understands both.
// After `npm ci`, with schema.graphql beside this file: node introspect.mjs http://127.0.0.1:PORT/graphql TOKEN

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printType,
  validateSchema,
} from 'graphql';

const [url, token] = process.argv.slice(2);
if (!token) {
  console.error('usage: node introspect.mjs URL TOKEN');
  process.exit(2);
}

const published = buildSchema(await readFile('schema.graphql', 'utf8'));
assert.deepEqual(validateSchema(published).map(({ message }) => message), []);

const query = getIntrospectionQuery({
  directiveIsRepeatable: true,
  inputValueDeprecation: true,
  oneOf: true,
  specifiedByUrl: true,
});
const answer = await fetch(url, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ query }),
});
const { data, errors } = await answer.json();
assert.equal(errors, undefined);
const served = buildClientSchema(data);
assert.deepEqual(validateSchema(served).map(({ message }) => message), []);

const [expected, actual] = [definitions(published), definitions(served)];
assert.ok(expected.size > 100, `only ${expected.size} definitions`);
assert.deepEqual([...actual.keys()], [...expected.keys()]);
for (const [name, text] of expected) assert.equal(actual.get(name), text);
console.log(`ok: ${expected.size} definitions are the same`);

/** The text of each type and directive by its name; the order of their members means nothing. */
function definitions(schema) {
  const sorted = lexicographicSortSchema(schema);
  const types = Object.values(sorted.getTypeMap()).filter(
    type => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );
  const directives = sorted.getDirectives().filter(directive => !isSpecifiedDirective(directive));
  return new Map([
    ...types.map(type => [type.name, printType(type)]),
    ...directives.map(({ name, args, locations }) => [`@${name}`, `(${args.map(String)}) on ${locations}`]),
    ['schema', [sorted.getQueryType(), sorted.getMutationType(), sorted.getSubscriptionType()].join(' ')],
  ]);
}
