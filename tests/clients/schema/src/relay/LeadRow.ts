import { graphql, useFragment } from 'react-relay';
import type { LeadRow_lead$key } from './__generated__/LeadRow_lead.graphql';

export function useLeadRow(key: LeadRow_lead$key) {
  const lead = useFragment(
    graphql`
      fragment LeadRow_lead on Lead {
        email
        firstName
        lastName
        companyName
        status
        source
        createdAt
        project {
          name
        }
        campaign {
          title
        }
        tags {
          id
          label
          backgroundColor
          textColor
        }
      }
    `,
    key,
  );
  return { ...lead, name: [lead.firstName, lead.lastName].filter(part => part != null).join(' ') };
}
