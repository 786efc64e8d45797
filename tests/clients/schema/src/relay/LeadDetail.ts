import { graphql, useRefetchableFragment } from 'react-relay';
import type { LeadDetail_lead$data, LeadDetail_lead$key } from './__generated__/LeadDetail_lead.graphql';
import type { LeadDetailQuery$variables } from './__generated__/LeadDetailQuery.graphql';
import type { LeadDetailRefetchQuery } from './__generated__/LeadDetailRefetchQuery.graphql';

export const leadDetailQuery = graphql`
  query LeadDetailQuery($by: LeadBy!) {
    lead(by: $by) {
      ...LeadDetail_lead
    }
  }
`;

export const byNumber: LeadDetailQuery$variables = { by: { legacyId: 42 } };
// @ts-expect-error: two of a oneOf input
export const byTwo: LeadDetailQuery$variables = { by: { legacyId: 42, uuid: '0198c9a2-7c1e-7b1a-9a51-0d8f3f1c2b4e' } };

export function useLeadDetail(key: LeadDetail_lead$key) {
  const [lead, refetch] = useRefetchableFragment<LeadDetailRefetchQuery, LeadDetail_lead$key>(
    graphql`
      fragment LeadDetail_lead on Lead @refetchable(queryName: "LeadDetailRefetchQuery") {
        ...LeadRow_lead
        version
        formData
        customFieldValues {
          id
          text
          field {
            id
            label
            required
          }
          ... on NumberValue {
            number
          }
          ... on DateValue {
            date
          }
          ... on MultiSelectValue {
            options {
              id
              label
            }
          }
        }
        attributions {
          id
          attributedAt
          source {
            label
          }
        }
        partnershipLeads {
          id
          direction
          partner {
            name
          }
          partnerCopy {
            acceptance
            sentAt
          }
        }
      }
    `,
    key,
  );
  return { values: lead.customFieldValues.map(inWords), refetch };
}

type Value = LeadDetail_lead$data['customFieldValues'][number];

function inWords({ number, date, options, text }: Value): string {
  if (number !== undefined) return number.toLocaleString();
  if (date !== undefined) return new Date(date).toLocaleDateString();
  return options?.map(({ label }) => label).join(', ') ?? text;
}
