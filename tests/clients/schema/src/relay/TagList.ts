import { graphql, useMutation, usePaginationFragment } from 'react-relay';
import type { TagList_query$key } from './__generated__/TagList_query.graphql';
import type { TagListPageQuery } from './__generated__/TagListPageQuery.graphql';
import type { TagListCreateMutation } from './__generated__/TagListCreateMutation.graphql';

/** A list that is walked in both directions. */
export function useTagList(key: TagList_query$key) {
  const { data, loadNext, loadPrevious } = usePaginationFragment<TagListPageQuery, TagList_query$key>(
    graphql`
      fragment TagList_query on Query
      @argumentDefinitions(
        first: { type: "Int", defaultValue: 20 }
        after: { type: "String" }
        last: { type: "Int" }
        before: { type: "String" }
      )
      @refetchable(queryName: "TagListPageQuery") {
        tags(first: $first, after: $after, last: $last, before: $before) @connection(key: "TagList_tags") {
          __id
          edges {
            node {
              id
              label
            }
          }
        }
      }
    `,
    key,
  );
  return { tags: data.tags?.edges, connection: data.tags?.__id, loadNext, loadPrevious };
}

export function useCreateTag(connection: string) {
  const [commit, busy] = useMutation<TagListCreateMutation>(graphql`
    mutation TagListCreateMutation($input: CreateTagInput!, $connections: [ID!]!) {
      createTag(input: $input) {
        tag @prependNode(connections: $connections, edgeTypeName: "TagEdge") {
          id
          label
        }
        userErrors {
          code
          message
          path
        }
      }
    }
  `);
  const create = (label: string) =>
    commit({ variables: { input: { label, association: 'LEAD' }, connections: [connection] } });
  return { create, busy };
}
