const PREFIX = 'graphiql:';

// localStorage for GraphiQL, without any header: its history keeps headers of every operation even
// when told not to persist them, and a token must not outlive the page.
export const storage = {
  getItem: key => localStorage.getItem(key),
  setItem(key, value) {
    if (key === `${PREFIX}headers`) return;
    localStorage.setItem(key, withoutHeaders(value));
  },
  removeItem: key => localStorage.removeItem(key),
  clear: () => ownKeys().forEach(key => localStorage.removeItem(key)),
  get length() {
    return ownKeys().length;
  },
};

function withoutHeaders(value) {
  let parsed;
  try {
    parsed = JSON.parse(value);
  } catch {
    return value;
  }
  if (parsed === null || typeof parsed !== 'object') return value;
  return JSON.stringify(parsed, (key, item) => (key === 'headers' ? null : item));
}

function ownKeys() {
  return Object.keys(localStorage).filter(key => key.startsWith(PREFIX));
}
