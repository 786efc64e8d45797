import { graphql, useMutation, usePaginationFragment } from 'react-relay';
import type { LeadNotes_lead$key } from './__generated__/LeadNotes_lead.graphql';
import type { LeadNotesAddMutation } from './__generated__/LeadNotesAddMutation.graphql';
import type { LeadNotesDeleteMutation } from './__generated__/LeadNotesDeleteMutation.graphql';
import type { LeadNotesPageQuery } from './__generated__/LeadNotesPageQuery.graphql';

export function useLeadNotes(key: LeadNotes_lead$key) {
  const { data, loadNext } = usePaginationFragment<LeadNotesPageQuery, LeadNotes_lead$key>(
    graphql`
      fragment LeadNotes_lead on Lead
      @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
      @refetchable(queryName: "LeadNotesPageQuery") {
        id
        notes(first: $count, after: $cursor) @connection(key: "LeadNotes_notes") {
          __id
          edges {
            node {
              id
              version
              text
              author {
                email
              }
            }
          }
        }
      }
    `,
    key,
  );
  const [add] = useMutation<LeadNotesAddMutation>(graphql`
    mutation LeadNotesAddMutation($input: AddLeadNoteInput!, $connections: [ID!]!) {
      addLeadNote(input: $input) {
        note @prependNode(connections: $connections, edgeTypeName: "LeadNoteEdge") {
          id
          version
          text
        }
        userErrors {
          message
        }
      }
    }
  `);
  const [remove] = useMutation<LeadNotesDeleteMutation>(graphql`
    mutation LeadNotesDeleteMutation($input: DeleteLeadNoteInput!, $connections: [ID!]!) {
      deleteLeadNote(input: $input) {
        note {
          id @deleteEdge(connections: $connections)
        }
        conflict {
          current {
            text
            version
          }
        }
        userErrors {
          message
        }
      }
    }
  `);
  const connections = data.notes ? [data.notes.__id] : [];
  return {
    notes: data.notes?.edges.map(edge => edge.node),
    loadNext,
    add: (text: string) => add({ variables: { input: { leadId: data.id, text }, connections } }),
    remove: (noteId: string, expectedVersion: number) =>
      remove({ variables: { input: { noteId, expectedVersion }, connections } }),
  };
}
