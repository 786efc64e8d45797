// Uses GraphiQL in a real browser, the way somebody does who sees the server for the first time.
// After `npm ci`: node check.mjs http://127.0.0.1:PORT TOKEN SCREENSHOT_PATH
// CHROMIUM names another browser than Debian's. The address is a number: names do not resolve here.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [url, token, screenshot] = process.argv.slice(2);
if (!screenshot) {
  console.error('usage: node check.mjs URL TOKEN SCREENSHOT_PATH');
  process.exit(2);
}

const QUERY = '.graphiql-query-editor .monaco-editor';
const HEADERS = '.graphiql-editor-tool .graphiql-editor:not(.hidden) .monaco-editor';

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // A page that needs anything from the internet fails here as it would in a closed network.
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  ],
});

const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
page.setDefaultTimeout(20_000);
const complaints = listen(page);

let step = 'start';
try {
  await steps();
  console.log(`ok: ${url}/graphiql works, see ${screenshot}`);
} catch (error) {
  process.exitCode = 1;
  console.error(`FAILED at "${step}": ${error.message}`);
  for (const complaint of complaints) console.error(`  the page said: ${complaint}`);
  await page.screenshot({ path: screenshot }).catch(() => {});
} finally {
  await browser.close();
}

async function steps() {
  step = 'the front page links to GraphiQL';
  await page.goto(url);
  await page.click('a[href="/graphiql"]');

  step = 'the page loads, and is told no schema without a token';
  await page.waitForSelector(`${QUERY} .view-line`);
  await page.waitForFunction(() => !document.querySelector('.graphiql-container .graphiql-spinner'));

  step = 'with the token the documentation shows the Query type';
  await page.getByLabel('Show Documentation Explorer').click();
  const docs = page.locator('.graphiql-plugin');
  assert.equal(await docs.getByText('Query', { exact: true }).count(), 0);
  await page.locator(HEADERS).click();
  // Behind "Bearer ", on the template's second line.
  for (const key of ['Control+Home', 'ArrowDown', 'End', 'ArrowLeft']) await page.keyboard.press(key);
  await page.keyboard.insertText(token);
  await docs.getByText('Query', { exact: true }).first().click();
  await docs.getByText('leads', { exact: true }).first().waitFor();

  step = 'with the token the example query answers';
  const answer = await run();
  assert.ok(!answer.errors, `errors: ${JSON.stringify(answer.errors)}`);
  assert.ok(answer.data?.leads?.nodes, `no leads in ${JSON.stringify(answer).slice(0, 300)}`);
  await page.screenshot({ path: screenshot });

  step = 'Ctrl-Space completes a field, in a new tab that has the token already';
  await page.getByLabel('New tab').click();
  await page.waitForFunction(token => __MONACO.editor.getModels().some(model => model.getValue().includes(token)), token);
  await page.locator(QUERY).click();
  await page.keyboard.type('{ view');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'viewer' }).first().waitFor();
  await page.keyboard.press('Enter');
  // The editor closes each brace itself.
  await page.keyboard.type(' { workspace { name');
  // Its suggestions for the last word may lie over the button.
  await page.locator('.suggest-widget.visible').waitFor({ timeout: 2_000 }).catch(() => {});
  await page.keyboard.press('Escape');
  const second = await run();
  assert.ok(second.data?.viewer?.workspace?.name, `no workspace in ${JSON.stringify(second)}`);

  step = 'the token is stored nowhere';
  // GraphiQL writes half a second after the last change.
  await page.waitForTimeout(1_000);
  const stored = await storedText();
  assert.match(stored, /graphiql:queries/, 'the history should be kept');
  assert.ok(!stored.includes(token), "the token is in the browser's storage");
  await page.reload();
  await page.waitForFunction(() => globalThis.__MONACO?.editor.getModels().length >= 4);
  assert.match(await text('request-headers.json'), /"Authorization": "Bearer "/, 'the template should be back');
  assert.ok(!(await storedText()).includes(token), "the token is in the browser's storage");

  step = 'the browser had nothing to complain about';
  assert.ok(complaints.length === 0, `${complaints.length} complaints`);
}

/** Runs the operation of the open tab; returns the answer once it is on the screen. */
async function run() {
  const answered = page.waitForResponse(
    response => response.url().endsWith('/graphql') && !response.request().postData().includes('__schema'),
  );
  await page.getByLabel('Execute query').click();
  const answer = await (await answered).json();
  await page.waitForFunction(expected => {
    const model = __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith('response.json'));
    try {
      return JSON.stringify(JSON.parse(model.getValue())) === expected;
    } catch {
      return false;
    }
  }, JSON.stringify(answer));
  return answer;
}

function text(model) {
  return page.evaluate(
    name => __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(name)).getValue(),
    model,
  );
}

function storedText() {
  return page.evaluate(() => JSON.stringify([localStorage, sessionStorage].map(storage => ({ ...storage }))));
}

/** Everything the browser finds wrong from now on, in words. */
function listen(page) {
  const { origin } = new URL(url);
  const complaints = [];
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => complaints.push(`exception: ${error.message}`));
  page.on('requestfailed', request => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', response => {
    if (response.status() >= 400) complaints.push(`answered ${response.status()}: ${response.url()}`);
  });
  page.on('request', request => {
    const target = new URL(request.url());
    if (!['data:', 'blob:'].includes(target.protocol) && target.origin !== origin) {
      complaints.push(`left the server: ${target}`);
    }
  });
  return complaints;
}
