import { graphql, usePaginationFragment } from 'react-relay';
import type { TagLeads_tag$key } from './__generated__/TagLeads_tag.graphql';
import type { TagLeadsPageQuery } from './__generated__/TagLeadsPageQuery.graphql';

export const tagQuery = graphql`
  query TagLeadsQuery($tag: ID!) {
    node(id: $tag) {
      # Null for the id of anything else.
      ...TagLeads_tag @alias(as: "tag")
    }
  }
`;

/** A list inside of an object: its next page is fetched by the object's id. */
export function useTagLeads(key: TagLeads_tag$key) {
  return usePaginationFragment<TagLeadsPageQuery, TagLeads_tag$key>(
    graphql`
      fragment TagLeads_tag on Tag
      @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
      @refetchable(queryName: "TagLeadsPageQuery") {
        label
        leads(first: $count, after: $cursor) @connection(key: "TagLeads_leads") {
          edges {
            node {
              id
              ...LeadRow_lead
            }
          }
        }
      }
    `,
    key,
  );
}
