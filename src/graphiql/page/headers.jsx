import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

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
