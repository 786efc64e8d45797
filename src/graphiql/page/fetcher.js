const ENDPOINT = '/graphql';

// Sends one operation to the server this page came from, with the headers of GraphiQL's Headers pane.
export async function fetcher(operation, { headers: typed = {} } = {}) {
  const headers = new Headers(typed);
  // With this type GraphQL's own errors are no failed requests, which the browser's console would complain about.
  headers.set('Accept', 'application/json');
  headers.set('Content-Type', 'application/json');
  if (isUnfilled(headers.get('Authorization'))) headers.delete('Authorization');

  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers,
    body: JSON.stringify(operation),
    credentials: 'same-origin',
  });
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    // A proxy or a limit in front of the server answered, not GraphQL.
    throw new Error(`${ENDPOINT} answered ${response.status}, not JSON: ${body.slice(0, 500)}`);
  }
}

// The template before a token is put in. Without the header a public schema can be read; with half a
// header the server would rightly refuse.
export function isUnfilled(authorization) {
  return authorization !== null && /^(Bearer|Api-Key)?\s*$/i.test(authorization);
}
