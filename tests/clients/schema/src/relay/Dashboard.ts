import { graphql, useLazyLoadQuery } from 'react-relay';
import type { DashboardQuery, DashboardQuery$variables } from './__generated__/DashboardQuery.graphql';

export function useDashboard(variables: DashboardQuery$variables) {
  const { leadStats } = useLazyLoadQuery<DashboardQuery>(
    graphql`
      query DashboardQuery($filter: LeadFilter, $groupBy: [LeadStatsKey!], $bucket: LeadStatsBucketInput) {
        leadStats(filter: $filter, groupBy: $groupBy, bucket: $bucket) {
          groups {
            status
            campaign {
              title
            }
            bucket {
              date
            }
            count
          }
          buckets {
            date
          }
        }
      }
    `,
    variables,
  );
  const months = leadStats?.buckets.map(({ date }) => date) ?? [];
  return months.map(month => leadStats?.groups.filter(({ bucket }) => bucket?.date === month));
}

export const perMonth: DashboardQuery$variables = {
  groupBy: [{ property: 'CAMPAIGN' }, { customField: 'a node id' }],
  bucket: { unit: 'MONTH', timeZone: 'Europe/Amsterdam' },
};
