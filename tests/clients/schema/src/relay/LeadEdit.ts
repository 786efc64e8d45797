import { graphql, useMutation } from 'react-relay';
import type { LeadEditMutation, UpdateLeadInput } from './__generated__/LeadEditMutation.graphql';

type Changes = Omit<UpdateLeadInput, 'leadId' | 'expectedVersion'>;

/** A late edit's conflict has the lead as it is now: the store, and with it the screen, follows by itself. */
export function useEditLead(lead: { id: string; version: number }) {
  const [commit, busy] = useMutation<LeadEditMutation>(graphql`
    mutation LeadEditMutation($input: UpdateLeadInput!) {
      updateLead(input: $input) {
        lead {
          version
          ...LeadRow_lead
        }
        conflict {
          fields
          current {
            version
            ...LeadRow_lead
          }
        }
        userErrors {
          code
          message
          path
        }
      }
    }
  `);
  const edit = (changes: Changes, late: (fields: readonly string[]) => void) =>
    commit({
      variables: { input: { leadId: lead.id, expectedVersion: lead.version, ...changes } },
      onCompleted: ({ updateLead }) => updateLead?.conflict && late(updateLead.conflict.fields),
    });
  return { edit, busy };
}

export const cleared: Changes = { phoneNumber: null, tags: null, value: { minor: 12_000_00, currency: 'EUR' } };
// @ts-expect-error: an edit without the version that it is made on
export const careless: UpdateLeadInput = { leadId: 'a node id', companyName: 'Engines' };
