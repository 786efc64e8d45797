import { graphql, usePaginationFragment } from 'react-relay';
import type { LeadList_query$key } from './__generated__/LeadList_query.graphql';
import type { LeadListPageQuery } from './__generated__/LeadListPageQuery.graphql';

export const leadListQuery = graphql`
  query LeadListQuery($count: Int!) {
    ...LeadList_query @arguments(count: $count)
  }
`;

export function useLeadList(key: LeadList_query$key) {
  const { data, loadNext, hasNext } = usePaginationFragment<LeadListPageQuery, LeadList_query$key>(
    graphql`
      fragment LeadList_query on Query
      @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" })
      @refetchable(queryName: "LeadListPageQuery") {
        leads(first: $count, after: $cursor) @connection(key: "LeadList_leads") {
          totalCount
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
  const total: number | undefined = data.leads?.totalCount;
  return { rows: data.leads?.edges.map(edge => edge.node), total, more: hasNext ? () => loadNext(20) : undefined };
}
