// A front end in a few lines: what it may write down, and what its compiler has to refuse.

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  CaptureLeadDocument,
  LeadDetailDocument,
  LeadsDocument,
  RegisterLeadDocument,
  UpdateLeadDocument,
  type LeadDetailQuery,
  type LeadFilter,
  type LeadOrder,
  type LeadSummaryFragment,
  type UserErrorCode,
} from './generated/graphql';

declare function ask<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;

const hot: LeadFilter = {
  or: [{ tags: { any: ['a node id'] } }, { status: { in: ['QUALIFIED', 'CONTACTED'] }, not: { email: { exists: false } } }],
  createdAt: { gte: '2026-01-01T00:00:00Z' },
  customFields: [{ fieldId: 'a node id', number: { gt: 0.5 } }],
};
const order: LeadOrder[] = [{ by: { customField: 'a node id' }, nulls: 'FIRST' }, { by: { field: 'NAME' } }];
// @ts-expect-error: a name that is none of the filter's
export const misspelt: LeadFilter = { mail: { eq: 'ada@example.com' } };

export async function allLeads(): Promise<LeadSummaryFragment[]> {
  const leads: LeadSummaryFragment[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof pageOfLeads>> = await pageOfLeads(after);
    leads.push(...(page?.nodes ?? []));
    after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor ?? null : null;
  } while (after !== null);
  return leads;
}

async function pageOfLeads(after: string | null) {
  const { leads } = await ask(LeadsDocument, { filter: hot, orderBy: order, first: 100, after });
  return leads;
}

/** One of several ways to name a lead, and never two at once. */
export async function detail(id: string) {
  await ask(LeadDetailDocument, { by: { uniqueEventId: { projectId: 'shop', uniqueEventId: '42' } } });
  // @ts-expect-error: two of a oneOf input
  await ask(LeadDetailDocument, { by: { id, legacyId: 42 } });
  // @ts-expect-error: none of a oneOf input
  await ask(LeadDetailDocument, { by: {} });
  const { lead } = await ask(LeadDetailDocument, { by: { id } });
  return lead?.customFieldValues.map(inWords);
}

type Value = NonNullable<LeadDetailQuery['lead']>['customFieldValues'][number];

function inWords(value: Value): string {
  switch (value.__typename) {
    case 'NumberValue':
      return value.number.toFixed(2);
    case 'SelectValue':
      return value.option.label;
    case 'TextValue':
    case 'BooleanValue':
    case 'DateValue':
    case 'MultiSelectValue':
      return value.text;
  }
}

export async function register(email: string) {
  const { createLead } = await ask(RegisterLeadDocument, {
    input: { associationType: 'CAMPAIGNS', companyCampaignId: 'a node id', email },
  });
  const taken = createLead?.userErrors.find(({ code }) => code === 'DUPLICATE_LEAD');
  return createLead?.lead?.id ?? taken?.existingLeadId;
}

export async function rename(lead: LeadSummaryFragment, companyName: string): Promise<LeadSummaryFragment | string[]> {
  // @ts-expect-error: an edit without the version that it is made on
  await ask(UpdateLeadDocument, { input: { leadId: lead.id, companyName } });
  const input = { leadId: lead.id, expectedVersion: lead.version, companyName, lastName: null };
  const { updateLead } = await ask(UpdateLeadDocument, { input });
  return updateLead?.conflict?.fields ?? updateLead?.lead ?? lead;
}

export async function capture() {
  // Open objects: what they know, and anything beside.
  const { createServerSideLead } = await ask(CaptureLeadDocument, {
    input: {
      projectId: 'shop',
      userData: { email: 'ada@example.com', extra: { plan: 'gold' } },
      channelFlow: [{ source: 'newsletter' }],
    },
  });
  return createServerSideLead?.userErrors.map(({ code, path }) => `${path.join('.')}: ${IN_WORDS[code]}`);
}

const IN_WORDS: Partial<Record<UserErrorCode, string>> = { MISSING: 'is missing', TAKEN: 'is taken' };
