// The rules that a front-end team runs on a schema it is handed, and on its own operations.

import graphql from '@graphql-eslint/eslint-plugin';

const language = {
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: 'schema.graphql', documents: 'src/client/*.graphql' } },
  },
  plugins: { '@graphql-eslint': graphql },
};

const WITHOUT_IDENTITY = {
  // A page of a list, a place in it, and what a mutation answers.
  suffixes: ['Connection', 'Edge', 'Payload', 'Conflict'],
  types: [
    'PageInfo',
    'UserError',
    // Who asks: there is one in each request.
    'Viewer',
    // Parts of a lead, told apart by nothing but what they say.
    'ClickId',
    'Consent',
    'ExternalRef',
    'IntegrationValue',
    'LeadAssignee',
    'LeadAttributionCredits',
    'LeadSender',
    'Money',
    'OriginalPayload',
    'Powerup',
    'Touchpoint',
    // Attempts at a delivery, told apart by their numbers, and what would be sent.
    'WebhookAttempt',
    'WebhookPreview',
    // Entries of the event log, told apart by their positions.
    'EventActor',
    'EventFeed',
    'FieldChange',
    'LeadEvent',
    // Numbers, which are of the moment and of the question.
    'AttributionCredit',
    'LeadMeasures',
    'LeadNumberMeasure',
    'LeadStats',
    'LeadStatsBucket',
    'LeadStatsChoice',
    'LeadStatsGroup',
    // It stands in the partner's workspace, where no id of this one leads.
    'PartnerCopy',
  ],
};

export default [
  {
    ...language,
    files: ['schema.graphql'],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // A lead's own parts are few and stand in plain lists; every list that can grow is a connection.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
        },
      ],
      // Types are PascalCase, mutations camelCase: the rule compares them letter by letter otherwise.
      '@graphql-eslint/input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
      '@graphql-eslint/strict-id-in-types': ['error', { exceptions: WITHOUT_IDENTITY }],
      '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
      '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
      '@graphql-eslint/require-nullable-result-in-root': 'error',
    },
  },
  {
    ...language,
    files: ['src/client/*.graphql'],
    rules: {
      ...graphql.configs['flat/operations-recommended'].rules,
      // The operations of one screen share a file.
      '@graphql-eslint/lone-executable-definition': 'off',
    },
  },
];
