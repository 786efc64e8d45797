import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';
import { isUnfilled } from './fetcher.js';

export const HEADERS_TEMPLATE = JSON.stringify({ Authorization: 'Bearer ' }, null, 2);

// A new tab or an entry of the history starts with the headers typed last, so that a token is
// pasted once per visit. They live in this closure only.
export function CarryHeaders() {
  const editor = useGraphiQL(state => state.headerEditor);

  useEffect(() => {
    if (!editor) return;
    let last = editor.getValue();
    const subscription = editor.onDidChangeModelContent(({ isFlush }) => {
      const text = editor.getValue();
      // isFlush: GraphiQL replaced the text. Otherwise somebody typed, and may well empty the pane.
      const replacedByNothing = isFlush && (text === '' || text === HEADERS_TEMPLATE);
      if (!replacedByNothing) {
        last = text;
      } else if (last !== text) {
        // Not inside the notification: GraphiQL is still switching tabs.
        queueMicrotask(() => editor.setValue(last));
      }
    });
    return () => subscription.dispose();
  }, [editor]);

  return null;
}

// The server may tell its schema only to those it knows, so it is asked again whenever somebody has put in another
// token and stopped typing.
export function SchemaOfBearer() {
  const editor = useGraphiQL(state => state.headerEditor);
  const { introspect } = useGraphiQLActions();

  useEffect(() => {
    if (!editor) return;
    let asked = bearer(editor.getValue());
    let pause;
    const subscription = editor.onDidChangeModelContent(() => {
      clearTimeout(pause);
      pause = setTimeout(() => {
        const now = bearer(editor.getValue());
        if (now === null || now === asked) return;
        asked = now;
        introspect();
      }, 500);
    });
    return () => {
      clearTimeout(pause);
      subscription.dispose();
    };
  }, [editor, introspect]);

  return null;
}

// Nothing for headers that name nobody, or are not finished.
function bearer(text) {
  try {
    const { authorization, 'x-api-key': key } = Object.fromEntries(new Headers(JSON.parse(text)));
    const named = authorization !== undefined && !isUnfilled(authorization);
    return named || key ? JSON.stringify([authorization, key]) : null;
  } catch {
    return null;
  }
}
