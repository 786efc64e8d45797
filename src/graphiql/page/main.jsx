import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './main.css';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import example from './example.graphql?raw';
import { fetcher } from './fetcher.js';
import { CarryHeaders, HEADERS_TEMPLATE, SchemaOfBearer } from './headers.jsx';
import { storage } from './storage.js';

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    shouldPersistHeaders={false}
    defaultHeaders={HEADERS_TEMPLATE}
    defaultEditorToolsVisibility="headers"
    defaultQuery={example}
    inputValueDeprecation
    schemaDescription
    plugins={[HISTORY_PLUGIN]}
  >
    <GraphiQL.Logo>
      <CarryHeaders />
      <SchemaOfBearer />
      <a className="home" href="/">
        Leadgraph
      </a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
