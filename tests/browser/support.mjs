/* A browser, pages made by the command, and what stands on them. */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-page-'));
let browser,
  made = 0;

export async function begin() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
}
export async function end() {
  await browser?.close();
  rmSync(folder, {recursive: true, force: true});
}

export function tapegrad(...args) {
  return execFileSync(join(process.env.TG_BIN, 'tapegrad'), args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
}
const bindings = values => Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
/* What the command says: {value, gradients}. */
export const evaluate = (formula, values) => JSON.parse(tapegrad('expr', '--json', formula, ...bindings(values)));
export function makePage(...args) {
  const file = join(folder, `${made++}.html`);
  tapegrad(...args, '--html', file);
  return file;
}
export const expressionPage = (formula, values) => makePage('expr', formula, ...bindings(values));

/* The same page with other data. */
export function changedPage(file, change) {
  const html = readFileSync(file, 'utf8'),
    mark = '<script type="application/json" id="tape">',
    begin = html.indexOf(mark) + mark.length,
    end = html.indexOf('</script>', begin),
    data = JSON.parse(html.slice(begin, end)),
    changed = join(folder, `${made++}.html`);
  change(data);
  writeFileSync(changed, html.slice(0, begin) + JSON.stringify(data) + html.slice(end));
  return changed;
}

/* Opens a file; any error of its script, and anything that it asks the network for, fails the test. */
export async function open(file, options = {}) {
  const page = await browser.newPage({viewport: {width: 1366, height: 768}, ...options});
  page.problems = [];
  page.on('pageerror', error => page.problems.push(String(error)));
  page.on('console', message => message.type() === 'error' && page.problems.push(message.text()));
  page.on(
    'request',
    request => /^(file|data):/.test(request.url()) || page.problems.push(`asked for ${request.url()}`),
  );
  await page.goto(`file://${file}`);
  await page.locator('html[data-ready]').waitFor({state: 'attached', timeout: 8000}).catch(error => {
    throw new Error(`${page.problems.join('; ')} ${error}`);
  });
  return page;
}
export async function close(page) {
  assert.deepEqual(page.problems, []);
  await page.close();
}
/* The page of a formula, for as long as `use` needs it. */
export async function withFormula(formula, values, use) {
  const page = await open(expressionPage(formula, values));
  await use(page);
  await close(page);
}

/* Value and gradient of each node by name, in full precision, as the drawing has them. */
export const numbers = page =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('.node')].map(node => {
        const read = kind => {
          const text = node.querySelector(`text.${kind}`).dataset.exact;
          return text === '' ? null : Number(text);
        };
        const name = node.dataset.name || `v${node.dataset.node}`;
        return [name, {value: read('value'), grad: read('grad'), text: node.querySelector('text.grad').textContent}];
      }),
    ),
  );

export function assertClose(ours, theirs, what) {
  const [a, b] = [ours, theirs].map(x => (x === 'nan' || x === null ? NaN : x));
  const near = Object.is(a, b) || Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b));
  assert.ok(near, `${what}: ${ours} is not ${theirs}`);
}
/* The gradients on the page are those of the command; one that never came is 0 there. */
export async function assertGradients(page, formula, values) {
  const shown = await numbers(page),
    {gradients} = evaluate(formula, values);
  for (const [name, gradient] of Object.entries(gradients))
    assertClose(shown[name].grad ?? 0, gradient, `${formula}: d/d${name}`);
}
export async function edit(page, name, value) {
  await page.locator(`#inputs label[title="${name}"] input`).fill(String(value));
}
/* The same for many at once, without typing. */
export const editAll = (page, values) =>
  page.evaluate(wanted => {
    for (const [name, value] of Object.entries(wanted)) {
      const input = document.querySelector(`#inputs label[title="${name}"] input`);
      input.value = value;
      input.dispatchEvent(new Event('input'));
    }
  }, values);
