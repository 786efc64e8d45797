import { graphql, usePaginationFragment } from 'react-relay';
import type { LeadList_query$key } from './__generated__/LeadList_query.graphql';
import type { LeadListPageQuery } from './__generated__/LeadListPageQuery.graphql';

export const leadListQuery = graphql`
  query LeadListQuery($count: Int!, $filter: LeadFilter, $orderBy: [LeadOrder!]) {
    ...LeadList_query @arguments(count: $count, filter: $filter, orderBy: $orderBy)
  }
`;

export function useLeadList(key: LeadList_query$key) {
  const { data, loadNext, hasNext, refetch } = usePaginationFragment<LeadListPageQuery, LeadList_query$key>(
    graphql`
      fragment LeadList_query on Query
      @argumentDefinitions(
        count: { type: "Int!" }
        cursor: { type: "String" }
        filter: { type: "LeadFilter" }
        orderBy: { type: "[LeadOrder!]" }
      )
      @refetchable(queryName: "LeadListPageQuery") {
        leads(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy)
        @connection(key: "LeadList_leads", filters: ["filter", "orderBy"]) {
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
  const search = (words: string) =>
    refetch({
      filter: { search: words, not: { status: { eq: 'LOST' } } },
      orderBy: [{ by: { field: 'CREATED_AT' }, direction: 'DESC' }],
    });
  return { search, rows: data.leads?.edges.map(edge => edge.node), total, more: hasNext ? () => loadNext(20) : undefined };
}
